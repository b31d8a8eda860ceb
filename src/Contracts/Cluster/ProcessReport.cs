using System.Collections.Immutable;

namespace Broker.Contracts.Cluster;

/// <summary>What a process tells of itself to whoever looks for a fault. No secret is in it.</summary>
/// <param name="Id">Machine and process id.</param>
/// <param name="Configuration">Settings that are not at their default, a line each; secrets struck out.</param>
/// <param name="Runtime">Build, memory, threads, a line each.</param>
/// <param name="Log">The newest lines of its log, the oldest first.</param>
[GenerateSerializer, Immutable]
[Alias("broker.ProcessReport")]
public sealed record ProcessReport(
    [property: Id(0)] string Id,
    [property: Id(1)] ImmutableArray<string> Configuration,
    [property: Id(2)] ImmutableArray<string> Runtime,
    [property: Id(3)] ImmutableArray<string> Log);

/// <summary>Tells of the process that it is in.</summary>
public interface IProcessDiagnostics
{
    ProcessReport Read();
}
