using System.Globalization;

namespace Broker.Agent.Configuration;

/// <summary>A whole number.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Default">What is taken where it is missing.</param>
/// <param name="Least">The least that it may be.</param>
/// <param name="Most">The most.</param>
internal sealed record NumberSetting(string Name, long Default, long Least, long Most) : Setting(Name)
{
    public override string DefaultText => Default.ToString(CultureInfo.InvariantCulture);
}
