namespace Broker.Silo.Streams.Rows;

/// <summary>A name of the catalogue.</summary>
public sealed record NameRow
{
    public long Generation { get; set; }
}

/// <summary>A registered consumer.</summary>
public sealed record ConsumerRow
{
    public long CreatedUnixMilliseconds { get; set; }
}

/// <summary>A number that only rises: the last generation given, the expiry clock's floor.</summary>
public sealed record CounterRow
{
    public long Value { get; set; }
}

/// <summary>A secret of the account, base64.</summary>
public sealed record SecretRow
{
    public required string Base64 { get; set; }
}
