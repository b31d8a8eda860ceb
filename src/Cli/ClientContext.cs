using System.Text.Json;
using Broker.Cli.Client;
using Broker.Cli.Output;
using Google.Protobuf;
using Spectre.Console;

namespace Broker.Cli;

/// <summary>What a client command works with; one a run.</summary>
internal sealed class ClientContext(BrokerEndpoint endpoint, OutputFormat format, Interruption interruption) : IDisposable
{
    private BrokerConnection? connection;

    public BrokerEndpoint Endpoint { get; } = endpoint;

    public OutputFormat Format { get; } = format;

    public Interruption Interruption { get; } = interruption;

    public CancellationToken Cancellation => Interruption.Token;

    /// <summary>The connection that commands share; opened when first asked for.</summary>
    public BrokerConnection Connection => connection ??= BrokerConnection.Open(Endpoint);

    /// <summary>Standard output, for answers.</summary>
    public IAnsiConsole Out { get; } = Consoles.StandardOutput();

    /// <summary>Standard error, for progress and remarks.</summary>
    public IAnsiConsole Error { get; } = Consoles.StandardError();

    /// <summary>True when progress may be drawn.</summary>
    public bool ShowProgress { get; } = !Console.IsErrorRedirected;

    /// <summary>Answers with a message in protobuf's JSON mapping, or with what <paramref name="table"/> draws.</summary>
    public void Answer(IMessage message, Action<IAnsiConsole> table)
    {
        if (Format == OutputFormat.Json)
        {
            Console.Out.WriteLine(JsonText.Of(message));
        }
        else
        {
            table(Out);
        }
    }

    /// <summary>Answers with a value as JSON, or with what <paramref name="table"/> draws.</summary>
    public void AnswerValue<T>(T value, Action<IAnsiConsole> table)
    {
        if (Format == OutputFormat.Json)
        {
            Console.Out.WriteLine(JsonSerializer.Serialize(value, JsonText.Options));
        }
        else
        {
            table(Out);
        }
    }

    public void Dispose() => connection?.Dispose();
}
