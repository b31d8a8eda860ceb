using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Broker.Contracts.Streams;
using Xunit;

namespace Broker.Tests.Unit.Contracts.Streams;

/// <summary>Where partition keys lie: AWS's function, whatever way it is computed.</summary>
public sealed class HashKeyTests
{
    [Theory]
    [InlineData("", "d41d8cd98f00b204e9800998ecf8427e")]
    [InlineData("a", "0cc175b9c0f1b6a831c399e269772661")]
    [InlineData("message digest", "f96b697d7cb7938d525a2f31aaf161d0")]
    [InlineData("12345678901234567890123456789012345678901234567890123456789012345678901234567890", "57edf4a22be3c955ac49da2e2107b67a")]
    public void The_vectors_of_RFC_1321_hold(string key, string digest) =>
        Assert.Equal(UInt128.Parse(digest, NumberStyles.HexNumber, CultureInfo.InvariantCulture), HashKey.OfPartitionKey(key).Value);

    [Fact]
    [SuppressMessage("Security", "CA5351:Do Not Use Broken Cryptographic Algorithms", Justification = "AWS's partitioning function.")]
    public void Keys_of_every_length_lie_where_the_systems_MD5_puts_them()
    {
        var random = new Random(11);
        for (var length = 0; length <= 130; length++)
        {
            for (var i = 0; i < 20; i++)
            {
                var key = new byte[length];
                random.NextBytes(key);
                Assert.Equal(BinaryPrimitives.ReadUInt128BigEndian(MD5.HashData(key)), HashKey.OfPartitionKey(key).Value);
            }
        }
    }

    [Fact]
    public void A_keys_text_and_its_bytes_lie_at_one_place() =>
        Assert.Equal(HashKey.OfPartitionKey(Encoding.UTF8.GetBytes("Zürich")), HashKey.OfPartitionKey("Zürich"));
}
