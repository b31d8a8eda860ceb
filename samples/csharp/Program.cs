using System.Runtime.InteropServices;
using Broker.Kcl.Consumer;
using Broker.Samples.CountRecords;

if (args.Length != 3)
{
    Console.Error.WriteLine("Usage: count-records ENDPOINT APPLICATION STREAM");
    return 2;
}

using var stop = new CancellationTokenSource();
using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
var counter = new Counter();
var options = new BrokerConsumerOptions
{
    ApplicationName = args[1],
    StreamNames = [args[2]],
    Endpoints = [new Uri(args[0])],
    InitialPosition = InitialPosition.TrimHorizon,
};
await using var consumer = new BrokerConsumer(options, _ => new CountingProcessor(counter));
try
{
    await consumer.RunAsync(stop.Token);
}
catch (ConsumerFailedException failure)
{
    Console.Error.WriteLine($"{failure.ErrorCode}: {failure.Message}");
    return 1;
}

Console.WriteLine($"counted {counter.Records}");
return 0;

void Stop(PosixSignalContext signal)
{
    signal.Cancel = true;
    stop.Cancel();
}
