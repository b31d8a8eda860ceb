using System.Net;
using System.Net.Security;
using System.Security.Authentication;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Broker.Silo.Hosting.Cluster.Tls;

/// <summary>TLS under Orleans' connections: the handshake comes before anything that Orleans says, so that a stranger says nothing to it.</summary>
/// <remarks>Runs on the pool, once a connection. Orleans retries a connection that fails, and says so itself.</remarks>
internal sealed partial class ClusterTls(ClusterCertificates certificates, IOptions<ClusterTlsOptions> options, TimeProvider time, ILogger<ClusterTls> logger)
{
    private static readonly TimeSpan HandshakePatience = TimeSpan.FromSeconds(10);

    private readonly ILogger logger = logger;

    /// <summary>Connections that silos make to this one.</summary>
    public void AcceptSilos(IConnectionBuilder connections) => Accept(connections, isCertificateRequired: true);

    /// <summary>Connections that gateways without a silo make to this one.</summary>
    public void AcceptGateways(IConnectionBuilder connections) => Accept(connections, options.Value.RequireGatewayCertificate);

    /// <summary>Connections that this process makes.</summary>
    public void Connect(IConnectionBuilder connections) => connections.Use(next => connection => RunAsync(connection, next, async (stream, cancellation) =>
    {
        string? fault = null;
        try
        {
            await stream.AuthenticateAsClientAsync(
                new SslClientAuthenticationOptions
                {
                    TargetHost = options.Value.Names is [var name, ..] ? name : (connection.RemoteEndPoint as IPEndPoint)?.Address.ToString() ?? "",
                    ClientCertificateContext = certificates.Own,
                    CertificateChainPolicy = certificates.NewChainPolicy(),
                    RemoteCertificateValidationCallback = (_, certificate, _, errors) =>
                        (fault = certificates.FaultOf(certificate, errors, isRequired: true)) is null,
                },
                cancellation);
        }
        catch (AuthenticationException) when (fault is not null)
        {
            throw new AuthenticationException(fault);
        }
    }));

    private void Accept(IConnectionBuilder connections, bool isCertificateRequired) =>
        connections.Use(next => connection => RunAsync(connection, next, async (stream, cancellation) =>
        {
            string? fault = null;
            try
            {
                await stream.AuthenticateAsServerAsync(
                    new SslServerAuthenticationOptions
                    {
                        ServerCertificateContext = certificates.Own,
                        ClientCertificateRequired = true,
                        CertificateChainPolicy = certificates.NewChainPolicy(),
                        RemoteCertificateValidationCallback = (_, certificate, _, errors) =>
                            (fault = certificates.FaultOf(certificate, errors, isCertificateRequired)) is null,
                    },
                    cancellation);
            }
            catch (AuthenticationException) when (fault is not null)
            {
                throw new AuthenticationException(fault);
            }
        }));

    private async Task RunAsync(ConnectionContext connection, ConnectionDelegate next, Func<SslStream, CancellationToken, Task> authenticate)
    {
        var plain = connection.Transport;
        await using var stream = new SslStream(new TransportStream(plain), leaveInnerStreamOpen: true);
        await AuthenticateAsync(connection, stream, authenticate);
        connection.Transport = new SecuredTransport(stream);
        try
        {
            await next(connection);
        }
        finally
        {
            connection.Transport = plain;
        }
    }

    private async Task AuthenticateAsync(ConnectionContext connection, SslStream stream, Func<SslStream, CancellationToken, Task> authenticate)
    {
        using var patience = new CancellationTokenSource(HandshakePatience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, connection.ConnectionClosed);
        try
        {
            await authenticate(stream, either.Token);
        }
        catch (AuthenticationException exception)
        {
            LogRefused(connection.RemoteEndPoint, (exception.InnerException ?? exception).Message.ReplaceLineEndings(" "));
            throw new ConnectionAbortedException($"No TLS with {connection.RemoteEndPoint}: {exception.Message}", exception);
        }
        catch (OperationCanceledException) when (patience.IsCancellationRequested)
        {
            LogRefused(connection.RemoteEndPoint, $"it said nothing for {HandshakePatience.TotalSeconds:F0} s");
            throw new ConnectionAbortedException($"No TLS with {connection.RemoteEndPoint} within {HandshakePatience.TotalSeconds:F0} s.");
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException)
        {
            // It went away; whether a port is open is asked like that, too.
            LogGone(connection.RemoteEndPoint, exception.Message);
            throw new ConnectionAbortedException($"{connection.RemoteEndPoint} ended the connection before TLS was agreed on.", exception);
        }
    }

    [LoggerMessage(EventId = 1, Level = LogLevel.Warning, Message = "Connection with {Address} refused: {Reason}")]
    private partial void LogRefused(EndPoint? address, string reason);

    [LoggerMessage(EventId = 2, Level = LogLevel.Debug, Message = "{Address} ended a connection before TLS was agreed on: {Reason}")]
    private partial void LogGone(EndPoint? address, string reason);
}
