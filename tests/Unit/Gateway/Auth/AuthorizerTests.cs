using Broker.Contracts.Errors;
using Broker.Contracts.Streams;
using Broker.Gateway.Auth;
using Broker.Gateway.Auth.Keys;
using Broker.Gateway.Auth.Policies;
using Microsoft.Extensions.Options;
using Xunit;

namespace Broker.Tests.Unit.Gateway.Auth;

/// <summary>How a caller's policies and a resource's are weighed, and the words of a denial.</summary>
public sealed class AuthorizerTests
{
    private const string Stream = "arn:aws:kinesis:us-east-1:000000000000:stream/orders";
    private const string Alice = "arn:aws:iam::000000000000:user/alice";
    private const string Allow = """{"Statement":{"Effect":"Allow","Action":"kinesis:*","Resource":"*"}}""";
    private const string Deny = """{"Statement":{"Effect":"Deny","Action":"kinesis:*","Resource":"*"}}""";
    private const string NoIdentity = "because no identity-based policy allows the kinesis:PutRecord action";
    private const string NoResource = "because no resource-based policy allows the kinesis:PutRecord action";
    private const string DeniedByIdentity = "with an explicit deny in an identity-based policy";
    private const string DeniedByResource = "with an explicit deny in a resource-based policy";

    [Theory]
    [InlineData("000000000000", null, null, NoIdentity)]
    [InlineData("000000000000", Allow, null, null)]
    [InlineData("000000000000", null, "Allow", null)]
    [InlineData("000000000000", null, "AllowAccount", NoIdentity)]
    [InlineData("000000000000", Allow, "Deny", DeniedByResource)]
    [InlineData("000000000000", Deny, "Allow", DeniedByIdentity)]
    [InlineData("111111111111", Allow, null, NoResource)]
    [InlineData("111111111111", null, "Allow", NoIdentity)]
    [InlineData("111111111111", Allow, "Allow", null)]
    [InlineData("111111111111", Allow, "Other", NoResource)]
    [InlineData("000000000000", Allow, "Broken", DeniedByResource)]
    public async Task Both_kinds_of_policies_are_weighed(string account, string? own, string? granted, string? denial)
    {
        var arn = $"arn:aws:iam::{account}:user/alice";
        var resources = new Policies(granted switch
        {
            "Allow" => $$$"""{"Statement":{"Effect":"Allow","Principal":{"AWS":"{{{arn}}}"},"Action":"kinesis:PutRecord","Resource":"{{{Stream}}}"}}""",
            "AllowAccount" => $$$"""{"Statement":{"Effect":"Allow","Principal":{"AWS":"{{{account}}}"},"Action":"kinesis:PutRecord","Resource":"*"}}""",
            "Deny" => """{"Statement":{"Effect":"Deny","Principal":"*","Action":"kinesis:Put*","Resource":"*"}}""",
            "Other" => """{"Statement":{"Effect":"Allow","Principal":{"AWS":"222222222222"},"Action":"*","Resource":"*"}}""",
            "Broken" => "{",
            _ => null,
        });
        var authorizer = Make(AuthMode.On, resources);
        var caller = new Caller(account, arn, "K") { Principal = new Principal(account, arn, own is null ? [] : [Parse(own)]) };
        for (var repeat = 0; repeat < 2; repeat++)
        {
            var exception = await Record.ExceptionAsync(() => authorizer.DemandAsync(caller, "kinesis:PutRecord", Stream).AsTask());
            if (denial is null)
            {
                Assert.Null(exception);
            }
            else
            {
                Assert.Equal(BrokerErrorCode.AccessDenied, Assert.IsType<BrokerException>(exception).Code);
                Assert.Equal($"User: {arn} is not authorized to perform: kinesis:PutRecord on resource: {Stream} {denial}", exception.Message);
            }
        }
    }

    [Fact]
    public async Task An_operation_without_a_resource_needs_a_policy_for_all_of_them()
    {
        var authorizer = Make(AuthMode.On, new Policies(null));
        await authorizer.DemandAsync(CallerWith(Allow), "kinesis:ListStreams", "*");
        var some = CallerWith("""{"Statement":{"Effect":"Allow","Action":"*","Resource":"arn:aws:kinesis:*:*:stream/*"}}""");
        await Assert.ThrowsAsync<BrokerException>(() => authorizer.DemandAsync(some, "kinesis:ListStreams", "*").AsTask());
    }

    [Fact]
    public async Task An_operation_without_a_resource_is_on_the_servers_account()
    {
        const string Eve = "arn:aws:iam::999999999999:user/eve";
        var authorizer = Make(AuthMode.On, new Policies(null));
        var caller = new Caller("999999999999", Eve, "K") { Principal = new Principal("999999999999", Eve, [Parse(Allow)]) };
        var exception = await Assert.ThrowsAsync<BrokerException>(() => authorizer.DemandAsync(caller, "kinesis:UpdateAccountSettings", "*").AsTask());
        Assert.Equal(BrokerErrorCode.AccessDenied, exception.Code);
        Assert.Equal(
            $"User: {Eve} is not authorized to perform: kinesis:UpdateAccountSettings on resource: * "
            + "because no resource-based policy allows the kinesis:UpdateAccountSettings action",
            exception.Message);
    }

    [Fact]
    public async Task A_condition_is_asked_again_each_time()
    {
        var authorizer = Make(AuthMode.On, new Policies(null));
        var caller = CallerWith("""{"Statement":{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"true"}}}}""");
        await authorizer.DemandAsync(caller with { IsSecure = true }, "kinesis:PutRecord", Stream);
        await Assert.ThrowsAsync<BrokerException>(() => authorizer.DemandAsync(caller, "kinesis:PutRecord", Stream).AsTask());
    }

    [Fact]
    public async Task Nobody_may_do_nothing() => await Assert.ThrowsAsync<BrokerException>(
        () => Make(AuthMode.On, new Policies(null)).DemandAsync(Caller.Anonymous, "kinesis:PutRecord", Stream).AsTask());

    [Theory]
    [InlineData(AuthMode.None)]
    [InlineData(AuthMode.Auto)]
    public async Task Without_authentication_all_is_allowed_and_nothing_is_allocated(AuthMode mode)
    {
        var authorizer = Make(mode, new Policies("never asked"));
        await authorizer.DemandAsync(Caller.Anonymous, "kinesis:PutRecord", Stream);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1_000; i++)
        {
            await authorizer.DemandAsync(Caller.Anonymous, "kinesis:PutRecord", Stream);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static Authorizer Make(AuthMode mode, IResourcePolicies resources) =>
        new(Options.Create(new AuthOptions { Mode = mode }), resources, new BrokerIdentity(), TimeProvider.System);

    private static Caller CallerWith(string policy) => new("000000000000", Alice, "K") { Principal = new Principal("000000000000", Alice, [Parse(policy)]) };

    private static PolicyDocument Parse(string text)
    {
        Assert.True(PolicyDocument.TryParse(text, PolicyKind.Identity, out var policy, out var fault), fault);
        return policy;
    }

    private sealed class Policies(string? text) : IResourcePolicies
    {
        public async ValueTask<string?> FindAsync(string resourceArn, CancellationToken cancellation = default)
        {
            await Task.Yield();
            Assert.Equal(Stream, resourceArn);
            return text;
        }
    }
}
