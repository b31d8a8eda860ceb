using System.ComponentModel;
using System.Globalization;
using System.Reflection;
using Broker.Cli.Serve.Telemetry;
using Broker.Contracts.Limits;
using Broker.Contracts.Streams;
using Broker.Gateway.Auth;
using Broker.Gateway.Encryption;
using Broker.Gateway.Hosting;
using Broker.Gateway.Hosting.Tls;
using Broker.Silo.Hosting;
using Broker.Silo.Hosting.Cluster;
using Broker.Silo.Hosting.Cluster.Tls;
using Broker.Silo.Leases;
using Broker.Silo.Shards;
using Broker.Silo.Shards.Moving;
using Broker.Silo.Storage.Embedded;
using Broker.Silo.Storage.Postgres;
using Broker.Silo.Storage.Postgres.Time;
using Broker.Silo.Streams.Retention;
using Broker.Silo.Streams.Scaling;
using Microsoft.Extensions.Options;

namespace Broker.Cli.Serve;

/// <summary>Every setting that there is, as <c>Broker:Section:Name</c>; docs/settings.md lists them, and a test compares.</summary>
internal static class BrokerSettings
{
    /// <summary>Which preset the limits start from; no property of <see cref="BrokerLimits"/>, since the others override what it sets.</summary>
    public const string LimitsProfile = "Broker:Limits:Profile";

    private static readonly Dictionary<string, Type> Sections = new(StringComparer.OrdinalIgnoreCase)
    {
        ["Storage"] = typeof(BrokerStorageOptions),
        ["Log"] = typeof(EmbeddedLogOptions),
        ["Shards"] = typeof(ShardOptions),
        ["Limits"] = typeof(BrokerLimits),
        ["Producers"] = typeof(ProducerLimits),
        ["OnDemand"] = typeof(OnDemandOptions),
        ["Leases"] = typeof(LeaseOptions),
        ["Clock"] = typeof(DatabaseTimeOptions),
        ["Retention"] = typeof(RetentionOptions),
        ["Identity"] = typeof(BrokerIdentity),
        ["Gateway"] = typeof(GatewayOptions),
        ["Auth"] = typeof(AuthOptions),
        ["Tls"] = typeof(TlsOptions),
        ["Encryption"] = typeof(EncryptionOptions),
        ["Postgres"] = typeof(PostgresOptions),
        ["Cluster"] = typeof(ClusterOptions),
        ["ClusterTls"] = typeof(ClusterTlsOptions),
        ["Balance"] = typeof(BalanceOptions),
        ["Telemetry"] = typeof(TelemetryOptions),
    };

    /// <summary>The type of each setting by its full key.</summary>
    public static IReadOnlyDictionary<string, Type> All { get; } = Sections
        .SelectMany(section => section.Value.GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Where(property => property.SetMethod is { IsPublic: true })
            .Select(property => ($"Broker:{section.Key}:{property.Name}", property.PropertyType)))
        .Append((LimitsProfile, typeof(string)))

        // It lies within Broker:Storage:DataDirectory, whatever it is set to.
        .Where(setting => setting.Item1 != "Broker:Log:DataDirectory")
        .ToDictionary(StringComparer.OrdinalIgnoreCase);

    /// <summary>A setting's default, as it would be written.</summary>
    public static string DefaultOf(string key)
    {
        if (key == LimitsProfile)
        {
            return "aws";
        }

        var parts = key.Split(':');
        var options = Activator.CreateInstance(Sections[parts[1]])!;
        var property = options.GetType().GetProperty(parts[2], BindingFlags.Public | BindingFlags.Instance | BindingFlags.IgnoreCase)!;
        return Convert.ToString(property.GetValue(options), CultureInfo.InvariantCulture)!;
    }

    /// <summary>Names that no setting has, values that are none of their type, and what the options' own rules say: all at once.</summary>
    public static IReadOnlyList<string> Faults(IConfiguration configuration, IStartupValidator validator)
    {
        List<string> faults = [.. configuration.GetSection("Broker").AsEnumerable()
            .Where(pair => pair.Value is not null)
            .ToArray()
            .Select(pair => Fault(configuration, pair.Key, pair.Value!))
            .OfType<string>()];
        try
        {
            validator.Validate();
        }
        catch (OptionsValidationException exception)
        {
            faults.AddRange(exception.Failures);
        }
        catch (AggregateException exception)
        {
            faults.AddRange(exception.InnerExceptions.OfType<OptionsValidationException>().SelectMany(inner => inner.Failures));
        }

        return faults;
    }

    private static string? Fault(IConfiguration configuration, string key, string value)
    {
        if (!All.TryGetValue(key, out var type))
        {
            return $"{key} is no setting; docs/settings.md lists them.";
        }

        try
        {
            TypeDescriptor.GetConverter(type).ConvertFromInvariantString(value);
            return null;
        }
        catch (Exception e) when (e is ArgumentException or FormatException or NotSupportedException or OverflowException)
        {
            // Out of the way, so that the rules of the other settings can be asked; nothing is started with it.
            configuration[key] = DefaultOf(key);
            return $"{key} is '{value}': it must be {Shape(type)}.";
        }
    }

    private static string Shape(Type type) =>
        type.IsEnum ? $"one of {string.Join(", ", Enum.GetNames(type))}"
        : type == typeof(TimeSpan) ? "a time span as [days.]hh:mm:ss"
        : type == typeof(bool) ? "true or false"
        : type == typeof(double) ? "a number"
        : "a whole number";
}
