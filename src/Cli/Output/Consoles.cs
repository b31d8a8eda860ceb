using Spectre.Console;

namespace Broker.Cli.Output;

/// <summary>The consoles for answers and for progress. A redirected one is wide, so that no table is folded in a file or pipe.</summary>
internal static class Consoles
{
    private const int RedirectedWidth = 240;

    public static IAnsiConsole StandardOutput() => Create(Console.Out, Console.IsOutputRedirected);

    public static IAnsiConsole StandardError() => Create(Console.Error, Console.IsErrorRedirected);

    public static IAnsiConsole Create(TextWriter writer, bool redirected)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(writer),
            Ansi = redirected ? AnsiSupport.No : AnsiSupport.Detect,
            ColorSystem = redirected ? ColorSystemSupport.NoColors : ColorSystemSupport.Detect,
            Interactive = redirected ? InteractionSupport.No : InteractionSupport.Detect,
        });
        if (redirected)
        {
            console.Profile.Width = RedirectedWidth;
        }

        return console;
    }
}
