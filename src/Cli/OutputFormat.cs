namespace Broker.Cli;

/// <summary>How a command answers.</summary>
internal enum OutputFormat
{
    /// <summary>For people: tables, sentences, progress on a terminal.</summary>
    Table,

    /// <summary>For scripts: one JSON value on standard output and nothing else; errors stay on standard error.</summary>
    Json,
}
