namespace Broker.Gateway.Aws.Shapes;

/// <summary>The member must be there.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class RequiredAttribute : Attribute;

/// <summary>Bounds of a number, of a text's or blob's length, or of a list's or map's count.</summary>
/// <param name="min">The least; -1 for none.</param>
/// <param name="max">The most; -1 for none.</param>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class BoundsAttribute(long min, long max = -1) : Attribute
{
    public long Min { get; } = min;

    public long Max { get; } = max;
}

/// <summary>A text must be the whole of what the pattern matches, or one of some values.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class PatternAttribute(string pattern) : Attribute
{
    public string Pattern { get; } = pattern;
}

/// <summary>The values that a text, or each text of a list, may have, in the order in which AWS names them.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class OneOfAttribute(params string[] values) : Attribute
{
    public string[] Values { get; } = values;
}

/// <summary>Bounds of the length of each text of a list, or of each key of a map.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class EachBoundsAttribute(int min, int max) : Attribute
{
    public int Min { get; } = min;

    public int Max { get; } = max;
}

/// <summary>Bounds of the length of each value of a map.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class ValueBoundsAttribute(int min, int max) : Attribute
{
    public int Min { get; } = min;

    public int Max { get; } = max;
}
