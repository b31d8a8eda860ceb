using Broker.Contracts.Errors;
using Broker.Gateway.Routing;
using Npgsql;
using Xunit;

namespace Broker.Tests.Unit.Gateway;

public sealed class MovingGrainTests
{
    [Fact]
    public async Task What_passes_by_itself_is_asked_again_and_a_refusal_is_not()
    {
        var faults = new Queue<Exception>(
        [
            new NpgsqlException("Exception while reading from stream"), new OrleansException("not there"), new TimeoutException(),
            new BrokerException(BrokerErrorCode.Unavailable, "soon"),
        ]);
        Assert.Equal(7, await MovingGrain.AskAsync(() => faults.TryDequeue(out var fault) ? Task.FromException<int>(fault) : Task.FromResult(7), TimeProvider.System, default));
        var asked = 0;
        await Assert.ThrowsAsync<BrokerException>(() => MovingGrain.AskAsync(
            () =>
            {
                asked++;
                return Task.FromException(new BrokerException(BrokerErrorCode.ResourceNotFound, "none"));
            },
            TimeProvider.System,
            default));
        Assert.Equal(1, asked);
    }
}
