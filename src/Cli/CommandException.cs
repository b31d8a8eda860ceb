namespace Broker.Cli;

/// <summary>Ends a command with one line for the user; thrown by commands, caught by <see cref="ClientOptions"/>.</summary>
internal sealed class CommandException(string message, int exitCode = ExitCode.Failure) : Exception(message)
{
    public int ExitCode { get; } = exitCode;
}
