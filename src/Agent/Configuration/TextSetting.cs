namespace Broker.Agent.Configuration;

/// <summary>A text.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Default">What is taken where it is missing; null for nothing.</param>
/// <param name="Choices">The only texts that it may be; none for any.</param>
internal sealed record TextSetting(string Name, string? Default = null, params string[] Choices) : Setting(Name)
{
    public override string DefaultText => Default ?? "";
}
