using Microsoft.Extensions.Options;

namespace Broker.Silo.Hosting;

/// <summary>Where the embedded broker keeps everything. Configuration section <c>Broker:Storage</c>.</summary>
public sealed class BrokerStorageOptions
{
    /// <summary>The data directory, made where it is missing. One process at a time may use it. Default <c>broker-data</c> in the working directory.</summary>
    public string DataDirectory { get; set; } = "broker-data";

    /// <summary>Most pages of 4 KiB that the file of rows may have; 0, the default, for no bound of its own.</summary>
    public int MaxMetadataPages { get; set; }

    /// <summary>All faults of the values at once; empty when they are sound.</summary>
    public IEnumerable<string> Faults()
    {
        if (string.IsNullOrWhiteSpace(DataDirectory))
        {
            yield return "Broker:Storage:DataDirectory is empty: it must be a directory's path.";
        }
        else if (File.Exists(DataDirectory))
        {
            yield return $"Broker:Storage:DataDirectory is '{DataDirectory}': it is a file and must be a directory.";
        }

        if (MaxMetadataPages < 0)
        {
            yield return $"Broker:Storage:MaxMetadataPages is {MaxMetadataPages}: it must be 0 (no bound) or more.";
        }
    }
}

/// <summary>Validates options that tell their own faults.</summary>
internal sealed class FaultsValidator<T>(Func<T, IEnumerable<string>> faults) : IValidateOptions<T>
    where T : class
{
    public ValidateOptionsResult Validate(string? name, T options)
    {
        var found = faults(options).ToList();
        return found.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(found);
    }
}
