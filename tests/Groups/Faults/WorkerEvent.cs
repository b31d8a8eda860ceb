using System.Globalization;

namespace Broker.Tests.Groups.Faults;

/// <summary>A line of a worker's log.</summary>
/// <param name="Worker">The process.</param>
/// <param name="Time">Comparable among the processes of the machine.</param>
/// <param name="Kind">joined, granted, record, checkpoint, lost, ended or shutdown.</param>
/// <param name="Shard">The shard.</param>
/// <param name="Counter">The lease's counter.</param>
/// <param name="Number">The sequence number of a record or a checkpoint; of granted where it begins, 0 for the beginning.</param>
/// <param name="Words">What else the line says.</param>
internal sealed record WorkerEvent(string Worker, long Time, string Kind, string Shard, long Counter, string Number, string[] Words)
{
    public static WorkerEvent Parse(string worker, string line)
    {
        var words = line.Split(' ');
        return new WorkerEvent(
            worker,
            long.Parse(words[0], CultureInfo.InvariantCulture),
            words[1],
            words.ElementAtOrDefault(2) ?? "",
            long.Parse(words.ElementAtOrDefault(3) ?? "0", CultureInfo.InvariantCulture),
            words.ElementAtOrDefault(4) ?? "",
            words.Length > 5 ? words[5..] : []);
    }
}
