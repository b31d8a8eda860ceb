using Broker.V1;

namespace Broker.Kcl.Consumer;

/// <summary>What waits for a shard's processor.</summary>
/// <param name="Message">Records; null for the shard's end.</param>
/// <param name="First">The first of them that was not queued before.</param>
/// <param name="From">The call that they came by, whose credit they hold.</param>
internal readonly record struct QueuedRecords(ConsumeRecords? Message, int First, Attachment From)
{
    public void GiveCreditBack() => From.GiveCredit(Message?.CreditBytes ?? 0);
}
