using System.CommandLine;

namespace Broker.Cli.Streams;

/// <summary><c>broker stream</c>: the control plane, a command an operation.</summary>
internal static class StreamCommand
{
    public static Command Create() => new("stream", "Create, look at and change streams.")
    {
        CreateCommand.Create(),
        DeleteCommand.Create(),
        ListCommand.Create(),
        DescribeCommand.Create(),
        SplitCommand.Create(),
        MergeCommand.Create(),
        ScaleCommand.Create(),
        RetentionCommand.Create(),
        ModeCommand.Create(),
        EncryptCommand.Create(),
        DecryptCommand.Create(),
        WarmCommand.Create(),
        DistributionCommand.Create(),
        MonitorCommand.Create(),
        TagCommand.Create(),
        ConsumerCommand.Create(),
    };

    /// <summary>The argument that names the stream.</summary>
    public static Argument<string> NameArgument() => new("NAME") { Description = "The stream." };

    /// <summary>The option not to wait for a change to be done.</summary>
    public static Option<bool> NoWaitOption() => new("--no-wait") { Description = "Return at once; the change goes on." };
}
