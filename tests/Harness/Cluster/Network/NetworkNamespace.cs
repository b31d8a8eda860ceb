using System.ComponentModel;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Broker.Tests.Harness.Cluster.Network;

/// <summary>Runs something in another network namespace: a socket belongs to the one it was made in, whoever uses it.</summary>
internal static partial class NetworkNamespace
{
    private const int NetworkNamespaceFlag = 0x40000000; // CLONE_NEWNET

    /// <summary>On a thread of its own, which ends with it: a namespace is a thread's.</summary>
    public static T Run<T>(string name, Func<T> work)
    {
        T? result = default;
        Exception? fault = null;
        var thread = new Thread(() =>
        {
            try
            {
                using var file = File.OpenHandle($"/var/run/netns/{name}");
                if (Enter(file, NetworkNamespaceFlag) != 0)
                {
                    throw new Win32Exception(Marshal.GetLastPInvokeError());
                }

                result = work();
            }
            catch (Exception exception)
            {
                fault = exception;
            }
        });
        thread.Start();
        thread.Join();
        return fault is null ? result! : throw new InvalidOperationException($"Nothing runs in namespace {name}: {fault.Message}", fault);
    }

    [LibraryImport("libc", EntryPoint = "setns", SetLastError = true)]
    private static partial int Enter(SafeFileHandle file, int flag);
}
