using Broker.Contracts.Errors;

namespace Broker.Silo.Leases;

/// <inheritdoc cref="LeaseTurn"/>
/// <param name="change">The change; it throws before it changes anything, or not at all.</param>
/// <param name="answer">Made from the table after all changes of the round; null where the change itself returns it.</param>
internal sealed class LeaseTurn<T, TAnswer>(Func<LeaseTable, T> change, Func<LeaseTable, TAnswer>? answer) : LeaseTurn
{
    private readonly TaskCompletionSource<TAnswer> completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TAnswer result = default!;
    private BrokerException? refusal;

    public Task<TAnswer> Completion => completion.Task;

    public override void Change(LeaseTable table) => Try(() =>
    {
        var changed = change(table);
        if (answer is null && changed is TAnswer own)
        {
            result = own;
        }
    });

    public override void Answer(LeaseTable table)
    {
        if (answer is not null && refusal is null)
        {
            Try(() => result = answer(table));
        }
    }

    public override void Complete()
    {
        if (refusal is not null)
        {
            completion.TrySetException(refusal);
        }
        else
        {
            completion.TrySetResult(result);
        }
    }

    public override void Fail(BrokerException fault) => completion.TrySetException(refusal ?? fault);

    private void Try(Action work)
    {
        try
        {
            work();
        }
        catch (BrokerException exception)
        {
            refusal = exception;
        }
    }
}
