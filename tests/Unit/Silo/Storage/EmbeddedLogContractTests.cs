using Broker.Silo.Storage;

namespace Broker.Tests.Unit.Silo.Storage;

public sealed class EmbeddedLogContractTests : ShardLogContract
{
    private readonly TestLog test = new();

    protected override IShardLog Log => test.Log;

    public override async Task DisposeAsync() => await test.DisposeAsync();

    protected override Task OpenAsync() => test.OpenAsync();

    protected override async Task CloseAsync() => await test.Log.DisposeAsync();
}
