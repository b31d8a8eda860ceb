using Broker.Gateway.Aws.Shapes;
using Broker.Gateway.Routing;

namespace Broker.Gateway.Aws.Account;

/// <summary>AWS, UpdateAccountSettings.</summary>
internal sealed class UpdateAccountSettings(AwsResources resources, IBrokerGrains grains) : AwsOperation<UpdateAccountSettings.Input, AccountSettingsOutput>
{
    protected override async Task<AccountSettingsOutput> RunAsync(Input input, AwsCall call)
    {
        await resources.DemandAsync(call, "*");
        return AccountSettingsOutput.Of(await grains.Catalogue.UpdateBillingCommitmentAsync(input.MinimumThroughputBillingCommitment!.Status == "ENABLED").WaitAsync(call.Cancellation));
    }

    internal sealed class Input
    {
        [Required]
        public Commitment? MinimumThroughputBillingCommitment { get; set; }
    }

    /// <summary>AWS, MinimumThroughputBillingCommitmentInput.</summary>
    internal sealed class Commitment
    {
        [Required, OneOf("ENABLED", "DISABLED")]
        public string? Status { get; set; }
    }
}
