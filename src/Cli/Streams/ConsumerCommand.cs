using System.CommandLine;
using Broker.Cli.Output;
using Broker.V1;
using Spectre.Console;

namespace Broker.Cli.Streams;

/// <summary><c>broker stream consumer</c>: registered consumers (enhanced fan-out).</summary>
internal static class ConsumerCommand
{
    public static Command Create() => new("consumer", "Register and look at consumers.")
    {
        One("register", "Register a consumer.", async (context, stream, consumer) => (await context.Connection.Streams.RegisterStreamConsumerAsync(
            new RegisterStreamConsumerRequest { StreamName = stream, ConsumerName = consumer }, cancellationToken: context.Cancellation)).Consumer),
        Deregister(),
        One("describe", "Show a consumer.", async (context, stream, consumer) => (await context.Connection.Streams.DescribeStreamConsumerAsync(
            new DescribeStreamConsumerRequest { StreamName = stream, ConsumerName = consumer }, cancellationToken: context.Cancellation)).Consumer),
        List(),
    };

    private static Argument<string> ConsumerArgument() => new("CONSUMER") { Description = "The consumer." };

    private static Command One(string verb, string description, Func<ClientContext, string, string, Task<Consumer>> call)
    {
        var name = StreamCommand.NameArgument();
        var consumer = ConsumerArgument();
        var command = new Command(verb, description) { name, consumer };
        new ClientOptions().Attach(command, async (parse, context) =>
        {
            var answer = await call(context, parse.GetRequiredValue(name), parse.GetRequiredValue(consumer));
            context.Answer(answer, console => console.Write(StreamTables.Consumers([answer])));
            return ExitCode.Success;
        });
        return command;
    }

    private static Command Deregister()
    {
        var name = StreamCommand.NameArgument();
        var consumer = ConsumerArgument();
        var command = new Command("deregister", "Remove a consumer; its subscriptions end.") { name, consumer };
        new ClientOptions().Attach(command, async (parse, context) =>
        {
            var request = new DeregisterStreamConsumerRequest
            {
                StreamName = parse.GetRequiredValue(name),
                ConsumerName = parse.GetRequiredValue(consumer),
            };
            await context.Connection.Streams.DeregisterStreamConsumerAsync(request, cancellationToken: context.Cancellation);
            context.AnswerValue(
                new { request.StreamName, request.ConsumerName, Deregistered = true },
                console => console.WriteLine($"Deregistered {request.ConsumerName} from {request.StreamName}"));
            return ExitCode.Success;
        });
        return command;
    }

    private static Command List()
    {
        var name = StreamCommand.NameArgument();
        var command = new Command("list", "List a stream's consumers.") { name };
        new ClientOptions().Attach(command, async (parse, context) =>
        {
            var all = new ListStreamConsumersResponse();
            var request = new ListStreamConsumersRequest { StreamName = parse.GetRequiredValue(name) };
            while (true)
            {
                var page = await context.Connection.Streams.ListStreamConsumersAsync(request, cancellationToken: context.Cancellation);
                all.Consumers.AddRange(page.Consumers);
                if (page.NextToken.Length == 0)
                {
                    break;
                }

                request = new ListStreamConsumersRequest { NextToken = page.NextToken };
            }

            context.Answer(all, console => console.Write(StreamTables.Consumers(all.Consumers)));
            return ExitCode.Success;
        });
        return command;
    }
}
