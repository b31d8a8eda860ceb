using Broker.Contracts.Errors;
using Broker.Contracts.Streams;
using Broker.Gateway.Encryption;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Xunit;
using static Broker.Tests.Unit.Gateway.Encryption.FileKeyProviderTests;

namespace Broker.Tests.Unit.Gateway.Encryption;

public sealed class DataKeysTests
{
    private static readonly StreamGeneration Stream = new(5);
    private readonly FakeTimeProvider time = new();
    private readonly FakeKeyProvider provider = new();
    private readonly DataKeys keys;

    public DataKeysTests() => keys = new DataKeys(
        provider, Options.Create(new EncryptionOptions { MaxCachedDataKeys = 16 }), new BrokerIdentity(), time, NullLogger<DataKeys>.Instance);

    [Fact]
    public async Task A_key_is_opened_once_and_confirmed_every_minute()
    {
        var wrapped = await WrapAsync(1);
        var key = await keys.GetAsync(Stream, wrapped);
        for (var i = 0; i < 100; i++)
        {
            Assert.Same(key, await keys.GetAsync(Stream, wrapped));
        }

        Assert.Equal(1, provider.Unwraps);
        time.Advance(TimeSpan.FromMinutes(1));
        Assert.Same(key, await keys.GetAsync(Stream, wrapped));
        Assert.Equal(2, provider.Unwraps);
    }

    [Fact]
    public async Task Those_who_need_a_key_at_once_have_it_opened_once()
    {
        var wrapped = await WrapAsync(1);
        var all = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => keys.GetAsync(Stream, wrapped).AsTask()));
        Assert.Single(all.Distinct());
        Assert.Equal(1, provider.Unwraps);
    }

    [Theory]
    [InlineData(BrokerErrorCode.KmsDisabled)]
    [InlineData(BrokerErrorCode.KmsInvalidState)]
    [InlineData(BrokerErrorCode.KmsNotFound)]
    [InlineData(BrokerErrorCode.KmsAccessDenied)]
    [InlineData(BrokerErrorCode.KmsOptInRequired)]
    public async Task A_key_that_is_refused_is_not_used_from_the_next_look_on(BrokerErrorCode code)
    {
        var wrapped = await WrapAsync(1);
        await keys.GetAsync(Stream, wrapped);
        provider.Fault = new BrokerException(code, "no");
        time.Advance(TimeSpan.FromSeconds(59));
        await keys.GetAsync(Stream, wrapped);
        time.Advance(TimeSpan.FromSeconds(1));
        await FailsAsync(code, async () => await keys.GetAsync(Stream, wrapped));
        await FailsAsync(code, async () => await keys.GetAsync(Stream, wrapped));
        Assert.Equal(2, provider.Unwraps);

        provider.Fault = null;
        time.Advance(TimeSpan.FromSeconds(1));
        await keys.GetAsync(Stream, wrapped);
    }

    [Fact]
    public async Task A_provider_that_does_not_answer_is_borne_for_five_minutes()
    {
        var wrapped = await WrapAsync(1);
        var key = await keys.GetAsync(Stream, wrapped);
        provider.Fault = new BrokerException(BrokerErrorCode.KmsThrottling, "slowly");
        time.Advance(TimeSpan.FromMinutes(2));
        Assert.Same(key, await keys.GetAsync(Stream, wrapped));
        Assert.Same(key, await keys.GetAsync(Stream, wrapped));
        Assert.Equal(2, provider.Unwraps);
        provider.Fault = new IOException("away");
        time.Advance(TimeSpan.FromMinutes(3));
        await FailsAsync(BrokerErrorCode.Unavailable, async () => await keys.GetAsync(Stream, wrapped));
        provider.Fault = new BrokerException(BrokerErrorCode.KmsThrottling, "slowly");
        time.Advance(TimeSpan.FromSeconds(1));
        await FailsAsync(BrokerErrorCode.KmsThrottling, async () => await keys.GetAsync(Stream, wrapped));
    }

    [Fact]
    public async Task A_provider_that_hangs_holds_nobody_up_for_longer_than_five_seconds()
    {
        var wrapped = await WrapAsync(1);
        provider.Hold = new TaskCompletionSource();
        var asking = keys.GetAsync(Stream, wrapped).AsTask();
        await provider.Asked.Task;
        while (!asking.IsCompleted)
        {
            time.Advance(TimeSpan.FromSeconds(5));
            await Task.Yield();
        }

        await FailsAsync(BrokerErrorCode.Unavailable, () => asking);
        provider.Hold = null;
        time.Advance(TimeSpan.FromSeconds(1));
        await keys.GetAsync(Stream, wrapped);
    }

    [Fact]
    public async Task No_more_keys_are_held_than_may_be_and_those_in_use_stay()
    {
        var first = await WrapAsync(1);
        var key = await keys.GetAsync(Stream, first);
        for (var i = 2u; i < 100; i++)
        {
            time.Advance(TimeSpan.FromMilliseconds(1));
            await keys.GetAsync(Stream, await WrapAsync(i));
            time.Advance(TimeSpan.FromMilliseconds(1));
            Assert.Same(key, await keys.GetAsync(Stream, first));
            Assert.InRange(keys.Count, 1, 16);
        }
    }

    [Fact]
    public async Task A_key_of_another_stream_is_refused() =>
        await FailsAsync(BrokerErrorCode.KmsInvalidState, async () => await keys.GetAsync(new StreamGeneration(6), await WrapAsync(1)));

    private async Task<WrappedDataKey> WrapAsync(uint generation)
    {
        var fault = provider.Fault;
        provider.Fault = null;
        var key = await provider.GenerateAsync("alias/a", keys.ContextOf(Stream), default);
        provider.Fault = fault;
        return new WrappedDataKey(generation, key.MasterKeyId, [.. key.Wrapped], 0);
    }
}
