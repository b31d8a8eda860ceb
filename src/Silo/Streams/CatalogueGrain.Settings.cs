using Broker.Contracts.Streams;
using Broker.Silo.Storage.Rows;
using Broker.Silo.Streams.Rows;

namespace Broker.Silo.Streams;

/// <content>The account's settings.</content>
public sealed partial class CatalogueGrain
{
    public Task<AccountSettings> DescribeAccountSettingsAsync() => StoredAsync(async () =>
    {
        var (commitment, _) = await ReadCommitmentAsync();
        return new AccountSettings(commitment.At(NowMilliseconds()));
    });

    public Task<AccountSettings> UpdateBillingCommitmentAsync(bool enabled) => StoredAsync(async () =>
    {
        var (commitment, version) = await ReadCommitmentAsync();
        var now = NowMilliseconds();
        var changed = enabled ? commitment.Enable(now) : commitment.Disable(now);
        if (changed != commitment)
        {
            var row = RowCodec.Encode(AccountSettingsRow.Of(changed), StreamRowsJson.Default.AccountSettingsRow);
            await rows.WriteAsync([new RowWrite(RowKeys.AccountSettings(account), row, version)], CancellationToken.None);
        }

        return new AccountSettings(changed);
    });

    private async Task<(BillingCommitment Commitment, long Version)> ReadCommitmentAsync() =>
        await rows.GetAsync(RowKeys.AccountSettings(account), CancellationToken.None) is { } row
            ? (RowCodec.Decode(row, StreamRowsJson.Default.AccountSettingsRow).ToCommitment(), row.Version)
            : (BillingCommitment.None, 0);

    private long NowMilliseconds() => time.GetUtcNow().ToUnixTimeMilliseconds();
}
