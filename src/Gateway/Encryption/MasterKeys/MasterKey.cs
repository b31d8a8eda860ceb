using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;
using Broker.Contracts.Errors;

namespace Broker.Gateway.Encryption.MasterKeys;

/// <summary>A master key of 256 bits, and how it wraps data keys: version 1, nonce 12, ciphertext 32, tag 16 under AES-256-GCM.</summary>
/// <remarks>The associated data is the text "broker data key 1", the key id and the context, a line each. Nonces are random: a master key wraps few keys.</remarks>
internal sealed class MasterKey(string id, string arn, MasterKeyState state, byte[] material, BrokerException? fault)
{
    private const byte Version = 1;
    private const int NonceBytes = 12;
    private const int DataKeyBytes = 32;
    private const int TagBytes = 16;
    private const int WrappedBytes = 1 + NonceBytes + DataKeyBytes + TagBytes;

    public string Id { get; } = id;

    private byte[] Material { get; } = material;

    private bool HasFault => fault is not null;

    /// <summary>Throws where the key may not be used.</summary>
    public MasterKey Usable() => (fault, state) switch
    {
        (not null, _) => throw new BrokerException(fault.Code, fault.Message),
        (_, MasterKeyState.Enabled) => this,
        (_, MasterKeyState.Disabled) => throw new BrokerException(BrokerErrorCode.KmsDisabled, $"{arn} is disabled."),
        (_, MasterKeyState.PendingDeletion) => throw new BrokerException(BrokerErrorCode.KmsInvalidState, $"{arn} is pending deletion."),
        _ => throw new BrokerException(BrokerErrorCode.KmsInvalidState, $"{arn} is unavailable."),
    };

    /// <summary>Whether another opens what this one wraps. One whose material cannot be read is not known to be another.</summary>
    public bool HasMaterialOf(MasterKey other) =>
        HasFault || other.HasFault || CryptographicOperations.FixedTimeEquals(Material, other.Material);

    public NewDataKey Generate(string context)
    {
        Span<byte> plain = stackalloc byte[DataKeyBytes];
        RandomNumberGenerator.Fill(plain);
        var wrapped = new byte[WrappedBytes];
        wrapped[0] = Version;
        var nonce = wrapped.AsSpan(1, NonceBytes);
        RandomNumberGenerator.Fill(nonce);
        using (var aes = new AesGcm(Material, TagBytes))
        {
            aes.Encrypt(nonce, plain, wrapped.AsSpan(1 + NonceBytes, DataKeyBytes), wrapped.AsSpan(WrappedBytes - TagBytes), Associated(context));
        }

        CryptographicOperations.ZeroMemory(plain);
        return new NewDataKey(Id, ImmutableArray.Create(wrapped));
    }

    public byte[] Unwrap(ReadOnlySpan<byte> wrapped, string context)
    {
        if (wrapped.Length == WrappedBytes && wrapped[0] == Version)
        {
            var plain = new byte[DataKeyBytes];
            try
            {
                using var aes = new AesGcm(Material, TagBytes);
                aes.Decrypt(
                    wrapped.Slice(1, NonceBytes), wrapped.Slice(1 + NonceBytes, DataKeyBytes), wrapped[(WrappedBytes - TagBytes)..], plain, Associated(context));
                return plain;
            }
            catch (AuthenticationTagMismatchException)
            {
                // Told below.
            }
        }

        throw new BrokerException(
            BrokerErrorCode.KmsInvalidState, $"{arn} does not open a data key that was wrapped under its id: its material is another, or the wrapped key is damaged.");
    }

    private byte[] Associated(string context) => Encoding.UTF8.GetBytes($"broker data key 1\n{Id}\n{context}");
}
