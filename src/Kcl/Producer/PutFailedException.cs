namespace Broker.Kcl.Producer;

/// <summary>A record was not acknowledged, and the producer tries no longer.</summary>
public sealed class PutFailedException : Exception
{
    internal PutFailedException(string code, string message, bool mayBeStored, IReadOnlyList<PutAttempt> attempts)
        : base($"{code}: {message}")
    {
        ErrorCode = code;
        MayBeStored = mayBeStored;
        Attempts = attempts;
    }

    /// <summary>Why: the broker's reason or one of <see cref="PutErrorCode"/>.</summary>
    public string ErrorCode { get; }

    /// <summary>
    /// True when the record was sent and its outcome is unknown: putting it again may double it. False when it certainly was not stored.
    /// </summary>
    public bool MayBeStored { get; }

    /// <summary>Every sending, oldest first; none where it was never sent.</summary>
    public IReadOnlyList<PutAttempt> Attempts { get; }
}
