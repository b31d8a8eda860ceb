namespace Broker.Load.Scenarios;

/// <summary>All scenarios, in the order in which they run.</summary>
internal static class ScenarioList
{
    public static IReadOnlyList<Scenario> All { get; } =
    [
        new AwsScenario("aws-putrecords", "AWS JSON PutRecords of 500 × 1 KiB, 4 clients", 22, 35, 500, "--operation", "putrecords", "--clients", "4"),
        new AwsScenario("aws-putrecord", "AWS JSON PutRecord of 1 KiB, 16 clients", 10, 16, 1, "--operation", "putrecord", "--clients", "16"),
        new AwsScenario(
            "aws-getrecords", "AWS GetRecords catch-up of 1 KiB records, 4 clients, answers counted and not parsed", 25, 40, 1, "--operation", "getrecords", "--clients", "4"),
        new NatsScenario(
            "produce-nats",
            "gRPC Produce of 1 KiB records, 2 producers, 4 shards, beside JetStream's asynchronous publish with 512 messages unanswered",
            1.5,
            2,
            512,
            new NatsScenario.Mode("batches of 500", 500, "--batch", "500"),
            new NatsScenario.Mode("a record a message", 1, "--mode", "pipelined")),
        new NatsScenario(
            "producer-nats",
            "the .NET producer, 256 tasks that each await one PutAsync, 4 shards, beside JetStream's asynchronous publish with 256 messages unanswered",
            1,
            1.5,
            256,
            new NatsScenario.Mode("producer", 1, "--mode", "client", "--clients", "256")),
        new RedisScenario(),
        new JournalScenario(),
        new LatencyScenario(),
        new CatchUpScenario(),
        new FanOutScenario(),
        new ReplayScenario(),
        new IdleShardsScenario(),
        new MemoryScenario(),
        new ReadyScenario(),
        new MatrixScenario(),
    ];

    /// <returns>The scenarios of these names; all that run by default where there is none.</returns>
    /// <exception cref="LoadException">There is no scenario of a name.</exception>
    public static IReadOnlyList<Scenario> Select(IReadOnlyList<string> names)
    {
        if (names.Count == 0)
        {
            return [.. All.Where(static scenario => scenario.RunsByDefault)];
        }

        var unknown = names.Where(static name => All.All(scenario => scenario.Name != name)).ToList();
        return unknown.Count == 0
            ? [.. names.Distinct().Select(static name => All.First(scenario => scenario.Name == name))]
            : throw new LoadException($"There is neither a scenario nor an option {string.Join(", ", unknown)}; there are {string.Join(", ", All.Select(static scenario => scenario.Name))}.");
    }
}
