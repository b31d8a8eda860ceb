using Broker.Gateway.Routing;

namespace Broker.Gateway.Aws.Account;

/// <summary>AWS, DescribeAccountSettings.</summary>
internal sealed class DescribeAccountSettings(AwsResources resources, IBrokerGrains grains) : AwsOperation<DescribeAccountSettings.Input, AccountSettingsOutput>
{
    protected override async Task<AccountSettingsOutput> RunAsync(Input input, AwsCall call)
    {
        await resources.DemandAsync(call, "*");
        return AccountSettingsOutput.Of(await grains.Catalogue.DescribeAccountSettingsAsync().WaitAsync(call.Cancellation));
    }

    internal sealed class Input;
}
