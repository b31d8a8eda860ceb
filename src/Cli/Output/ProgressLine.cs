using Spectre.Console;

namespace Broker.Cli.Output;

/// <summary>Shows on a terminal how a job goes, on standard error; elsewhere nothing.</summary>
internal static class ProgressLine
{
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(200);

    /// <param name="context">The command's.</param>
    /// <param name="total">What the job has to do, for a bar; null where that is unknown, for a spinner.</param>
    /// <param name="tell">How much is done, and the same in words.</param>
    /// <param name="work">The job.</param>
    public static async Task ShowAsync(ClientContext context, double? total, Func<(double Done, string Text)> tell, Func<Task> work)
    {
        if (!context.ShowProgress)
        {
            await work();
            return;
        }

        var columns = total is null
            ? new ProgressColumn[] { new SpinnerColumn(), new TaskDescriptionColumn() }
            : [new ProgressBarColumn(), new PercentageColumn(), new TaskDescriptionColumn()];
        await context.Error.Progress().AutoClear(true).Columns(columns).StartAsync(async progress =>
        {
            var line = progress.AddTask("", maxValue: total ?? 1);
            line.IsIndeterminate = total is null;
            var job = work();
            while (await Task.WhenAny(job, Task.Delay(Period)) != job)
            {
                var (done, text) = tell();
                line.Description = Markup.Escape(text);
                line.Value = total is null ? 0 : Math.Min(done, total.Value);
            }

            await job;
        });
    }
}
