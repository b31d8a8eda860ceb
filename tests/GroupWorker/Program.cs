using System.Globalization;
using System.Runtime.InteropServices;
using Broker.Kcl.Consumer;
using Broker.Tests.GroupWorker;

// group-worker ENDPOINT[,ENDPOINT] APPLICATION STREAM LOG FAILOVER_SECONDS
using var stop = new CancellationTokenSource();
using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, signal =>
{
    signal.Cancel = true;
    stop.Cancel();
});
using var log = new WorkerLog(args[3]);
var options = new BrokerConsumerOptions
{
    ApplicationName = args[1],
    StreamNames = [args[2]],
    Endpoints = [.. args[0].Split(',').Select(endpoint => new Uri(endpoint))],
    InitialPosition = InitialPosition.TrimHorizon,
    FailoverTime = TimeSpan.FromSeconds(double.Parse(args[4], CultureInfo.InvariantCulture)),
};
await using var consumer = new BrokerConsumer(options, _ => new LoggingProcessor(log), new JoinLogger(log));
await consumer.RunAsync(stop.Token);
