using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Broker.Silo.Hosting.Cluster;

/// <summary>Takes a silo out as soon as its process is gone: its connections end, and its machine says that nobody listens there any more.</summary>
/// <remarks>
/// Probes would tell the same a second or two later. Only a refusal counts, and only twice: a host that does not answer, or a connection
/// that ends while the silo lives, is left to the probes. Should it be wrong nothing is lost, since the store fences the silo's shards.
/// Runs on the pool; a check a silo at a time.
/// </remarks>
internal sealed partial class RefusingSilos(IServiceProvider services, TimeProvider time, ILogger<RefusingSilos> logger)
{
    private static readonly TimeSpan BetweenAttempts = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestAttempt = TimeSpan.FromMilliseconds(500);

    private readonly ConcurrentDictionary<EndPoint, byte> checking = new();

    /// <summary>Follows a connection to another silo, and looks at that silo when it has ended.</summary>
    public void Watch(IConnectionBuilder connections) => connections.Use(next => async connection =>
    {
        try
        {
            await next(connection);
        }
        finally
        {
            if (connection.RemoteEndPoint is { } silo)
            {
                _ = CheckAsync(silo);
            }
        }
    });

    private async Task CheckAsync(EndPoint endPoint)
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        if (!checking.TryAdd(endPoint, 0))
        {
            return;
        }

        try
        {
            // Asked for late: the silo's own services need the connections that are being made.
            var membership = services.GetRequiredService<IClusterMembershipService>();
            var local = services.GetRequiredService<ILocalSiloDetails>().SiloAddress;
            var suspect = membership.CurrentSnapshot.Members.Values.FirstOrDefault(
                member => member.Status == SiloStatus.Active && member.SiloAddress.Endpoint.Equals(endPoint) && !member.SiloAddress.Equals(local));
            if (suspect is null || !await RefusesAsync(endPoint) || !await PauseAsync() || !await RefusesAsync(endPoint))
            {
                return;
            }

            LogGone(logger, suspect.SiloAddress);
            await membership.TryKill(suspect.SiloAddress);
        }
        catch (Exception exception)
        {
            LogCheckFailed(logger, endPoint, exception);
        }
        finally
        {
            checking.TryRemove(endPoint, out _);
        }
    }

    private async Task<bool> PauseAsync()
    {
        await Task.Delay(BetweenAttempts, time);
        return true;
    }

    /// <summary>True where the other machine answers that nobody listens.</summary>
    private async Task<bool> RefusesAsync(EndPoint endPoint)
    {
        using var socket = new Socket(endPoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        using var patience = new CancellationTokenSource(LongestAttempt, time);
        try
        {
            await socket.ConnectAsync(endPoint, patience.Token);
            return false;
        }
        catch (SocketException exception)
        {
            return exception.SocketErrorCode == SocketError.ConnectionRefused;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }
}
