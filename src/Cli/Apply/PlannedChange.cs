namespace Broker.Cli.Apply;

/// <summary>A step from what is there to what a file declares.</summary>
/// <param name="Kind">create, change or delete.</param>
/// <param name="Stream">The stream.</param>
/// <param name="What">What of it, and how: <c>retention 24 h → 48 h</c>.</param>
/// <param name="ApplyAsync">Does it.</param>
internal sealed record PlannedChange(string Kind, string Stream, string What, Func<Task> ApplyAsync)
{
    public string Line => $"{(Kind switch { "create" => '+', "delete" => '-', _ => '~' })} {Stream}: {What}";
}
