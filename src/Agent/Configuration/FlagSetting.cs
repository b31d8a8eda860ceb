namespace Broker.Agent.Configuration;

/// <summary>True or false.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Default">What is taken where it is missing.</param>
internal sealed record FlagSetting(string Name, bool Default) : Setting(Name)
{
    public override string DefaultText => Default ? "true" : "false";
}
