using System.Globalization;
using System.Text.Json;
using Broker.Bench.Redis;

// scripts/bench runs this: PORT PIPELINE SECONDS [RECORDBYTES [CONNECTIONS]]. Adds to one Redis stream of 127.0.0.1, PIPELINE commands at a time on each connection.
if (args.Length < 3)
{
    Console.Error.WriteLine("Usage: PORT PIPELINE SECONDS [RECORDBYTES, 1024 [CONNECTIONS, 4]]");
    return 2;
}

var numbers = args.Select(static argument => double.Parse(argument, CultureInfo.InvariantCulture)).ToArray();
var load = new StreamLoad((int)numbers[0], (int)numbers[1], numbers.Length > 3 ? (int)numbers[3] : 1024, numbers.Length > 4 ? (int)numbers[4] : 4);

// Not counted: the first second of a process is spent on compiling it.
await load.RunAsync(TimeSpan.FromSeconds(1));
var figure = await load.RunAsync(TimeSpan.FromSeconds(numbers[2]));
Console.WriteLine(JsonSerializer.Serialize(figure, new JsonSerializerOptions(JsonSerializerDefaults.Web)));
return 0;
