namespace Broker.Gateway.Encryption.MasterKeys;

/// <summary>Whether a master key may be used (AWS KMS, KeyState).</summary>
public enum MasterKeyState
{
    Enabled,

    /// <summary>KMS_DISABLED until it is enabled again.</summary>
    Disabled,

    /// <summary>KMS_INVALID_STATE: it is to be deleted.</summary>
    PendingDeletion,

    /// <summary>KMS_INVALID_STATE: its key store cannot be reached.</summary>
    Unavailable,
}
