using Broker.V1;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Xunit;

namespace Broker.Tests.Groups.Samples;

/// <summary>samples/python/broker.desc: the protos as Python reads them at run time.</summary>
public sealed class DescriptorTests
{
    [Fact]
    public void TheDescriptorsOfThePythonSampleAreThoseOfTheProtos()
    {
        var file = Path.Combine(Programs.Root, "samples/python/broker.desc");
        var descriptors = new FileDescriptorSet();
        Add(ApplicationsReflection.Descriptor);
        if (Environment.GetEnvironmentVariable("BROKER_RENEW") == "1")
        {
            File.WriteAllBytes(file, descriptors.ToByteArray());
        }

        Assert.True(File.ReadAllBytes(file).AsSpan().SequenceEqual(descriptors.ToByteArray()), $"{file} is not up to date: run this test with BROKER_RENEW=1.");

        void Add(FileDescriptor descriptor)
        {
            if (descriptors.File.Any(known => known.Name == descriptor.Name))
            {
                return;
            }

            foreach (var dependency in descriptor.Dependencies)
            {
                Add(dependency);
            }

            descriptors.File.Add(FileDescriptorProto.Parser.ParseFrom(descriptor.SerializedData));
        }
    }
}
