namespace Broker.Gateway.Aws.Shapes;

/// <summary>Reads a body value by value, whichever protocol wrote it; it always stands on a value.</summary>
/// <remarks>
/// Malformed bytes throw <see cref="Errors.AwsException"/> (SerializationException). A map is read by <see cref="BeginMap"/>, then
/// <see cref="TryReadKey"/> and one value or <see cref="Skip"/> until there is no key; a list likewise.
/// </remarks>
internal interface IShapeReader
{
    /// <summary>What stands here.</summary>
    ShapeToken Token { get; }

    /// <summary>The key that <see cref="TryReadKey"/> read.</summary>
    ReadOnlySpan<byte> Key { get; }

    void BeginMap();

    bool TryReadKey();

    void BeginList();

    bool TryReadElement();

    string ReadString();

    bool ReadBoolean();

    double ReadNumber();

    /// <summary>Milliseconds since 1970.</summary>
    long ReadTimestamp();

    /// <summary>A text's bytes, UTF-8, as a part of the body.</summary>
    ReadOnlyMemory<byte> ReadStringBytes();

    /// <summary>A blob as the protocol carries it, as a part of the body: the bytes themselves, or base64.</summary>
    ReadOnlyMemory<byte> ReadBlob(out bool isBase64);

    void Skip();
}

/// <summary>The kinds of values on the wire.</summary>
internal enum ShapeToken
{
    Null,
    Boolean,
    Number,
    String,
    Blob,
    Timestamp,
    Map,
    List,
}
