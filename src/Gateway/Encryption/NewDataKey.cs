using System.Collections.Immutable;

namespace Broker.Gateway.Encryption;

/// <summary>A data key just made.</summary>
/// <param name="MasterKeyId">The master key that wraps it, as the provider names it.</param>
/// <param name="Wrapped">The wrapped key, at most 6 KiB.</param>
public sealed record NewDataKey(string MasterKeyId, ImmutableArray<byte> Wrapped);
