using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Broker.Tests.GroupWorker;

/// <summary>
/// What happens in this process, a line each: a time that all processes of the machine share, a word, and what belongs to it. A line that
/// was written outlives a kill of the process.
/// </summary>
internal sealed class WorkerLog(string file) : IDisposable
{
    private readonly FileStream output = new(file, FileMode.Append, FileAccess.Write, FileShare.ReadWrite, bufferSize: 0);
    private readonly Lock gate = new();

    public void Add(params IEnumerable<string> lines)
    {
        var time = Stopwatch.GetTimestamp().ToString(CultureInfo.InvariantCulture);
        var text = new StringBuilder();
        foreach (var line in lines)
        {
            text.Append(time).Append(' ').Append(line).Append('\n');
        }

        lock (gate)
        {
            output.Write(Encoding.UTF8.GetBytes(text.ToString()));
        }
    }

    public void Dispose() => output.Dispose();
}
