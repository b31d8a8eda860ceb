using System.Globalization;
using System.Text.Json;
using Broker.Bench.Nats;

// scripts/bench and scripts/bench-nats run this: URL awaited|asynchronous COUNT SECONDS [RECORDBYTES]. Publishes to JetStream with its own client, from COUNT
// tasks that each await one message at a time, or from one task with COUNT messages unanswered.
if (args is not [var url, "awaited" or "asynchronous", var count, var time, ..])
{
    Console.Error.WriteLine("Usage: URL awaited|asynchronous COUNT SECONDS [RECORDBYTES, 1024]");
    return 2;
}

var recordBytes = args.Length > 4 ? int.Parse(args[4], CultureInfo.InvariantCulture) : 1024;
await using var load = await JetStreamLoad.OpenAsync(url, recordBytes);
var many = int.Parse(count, CultureInfo.InvariantCulture);
Func<int, TimeSpan, Task<Figure>> run = args[1] == "awaited" ? load.AwaitedAsync : load.AsynchronousAsync;

// Not counted: the first second of a process is spent on compiling it.
await run(many, TimeSpan.FromSeconds(1));
var figure = await run(many, TimeSpan.FromSeconds(double.Parse(time, CultureInfo.InvariantCulture)));
Console.WriteLine(JsonSerializer.Serialize(figure, new JsonSerializerOptions(JsonSerializerDefaults.Web)));
return 0;
