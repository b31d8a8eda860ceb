namespace Broker.Agent.Configuration;

/// <summary>A list.</summary>
/// <param name="Name">Its name.</param>
internal sealed record ListSetting(string Name) : Setting(Name)
{
    public override string DefaultText => "";
}
