using System.Data.Common;
using System.Security.Cryptography;
using Broker.Contracts.Errors;
using Broker.Gateway.Auth;
using Broker.Gateway.Aws.Errors;
using Broker.Gateway.Aws.Protocols;
using Broker.Gateway.Hosting;
using Broker.Gateway.Metrics;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Broker.Gateway.Aws;

/// <summary>The AWS endpoint: finds protocol and operation, lets the caller in, and turns what goes wrong into AWS's errors.</summary>
/// <remarks>
/// Which check comes first is AWS's order, as captured by mhart/kinesalite: CORS, method, body, content type, document, operation,
/// credentials, types, constraints. Never a stack trace: it goes to the log under the request's id.
/// </remarks>
internal sealed partial class AwsEndpoint(
    IEnumerable<AwsOperation> operations, AwsBody bodies, RequestAuthenticator authenticator, GatewayDrain drain, GatewayMetrics metrics, ILogger<AwsEndpoint> logger)
{
    private const string ServiceTarget = "Kinesis_20131202";
    private const string PathPrefix = "/service/Kinesis_20131202/operation/";
    private const string Undetermined = "Unable to determine service/operation name to be authorized";

    private readonly Dictionary<string, AwsOperation> byName = operations.ToDictionary(operation => operation.Name, StringComparer.Ordinal);

    public async Task InvokeAsync(HttpContext context)
    {
        var request = context.Request;
        var headers = context.Response.Headers;
        var requestId = Guid.NewGuid().ToString("D");
        headers["x-amzn-RequestId"] = requestId;
        var isOptions = HttpMethods.IsOptions(request.Method);
        var origin = request.Headers.Origin.ToString();
        if (!isOptions || origin.Length == 0)
        {
            headers["x-amz-id-2"] = NewId2();
        }

        if (origin.Length > 0)
        {
            headers.AccessControlAllowOrigin = "*";
            if (isOptions)
            {
                AnswerPreflight(context);
                return;
            }

            headers.AccessControlExposeHeaders = "x-amzn-RequestId,x-amzn-ErrorType,x-amz-request-id,x-amz-id-2,x-amzn-ErrorMessage,Date";
        }

        if (!HttpMethods.IsPost(request.Method))
        {
            await AwsAnswers.XmlAsync(context, StatusCodes.Status403Forbidden, "AccessDeniedException", Undetermined);
            return;
        }

        var route = AwsRoute.Of(request, PathPrefix);
        var started = metrics.Requests.Now();
        string? failure = null;
        try
        {
            using var body = await bodies.ReadAsync(context);
            started = metrics.Requests.Now();
            await InvokeAsync(context, route, body.Buffer);
        }
        catch (Exception exception) when (!context.RequestAborted.IsCancellationRequested || exception is AwsException or BrokerException)
        {
            var error = ToError(exception, route.Operation, requestId);
            failure = error.Type;
            if (context.Response.HasStarted)
            {
                LogCutOff(route.Operation, requestId, exception);
                context.Abort();
                return;
            }

            await AwsAnswers.ErrorAsync(context, route.ErrorProtocol, error);
        }
        finally
        {
            // Whatever a stranger names an operation, it is not to be a metric of its own.
            metrics.Requests.Ended(byName.ContainsKey(route.Operation) ? route.Operation : "unknown", route.ErrorProtocol.Name, failure, started);
        }
    }

    private async Task InvokeAsync(HttpContext context, AwsRoute route, PooledBuffer body)
    {
        var operation = route.Service == ServiceTarget && byName.TryGetValue(route.Operation, out var found) ? found : null;
        if (body.Length == 0 && route.Protocol != AwsProtocol.RpcV2Cbor)
        {
            var type = operation is null ? "UnknownOperationException" : "SerializationException";
            await AwsAnswers.ErrorAsync(context, route.ErrorProtocol, new AwsError(type, null));
            return;
        }

        if (route.Protocol is not { } protocol)
        {
            await AnswerWithoutProtocolAsync(context, route, body);
            return;
        }

        if (operation is null)
        {
            // A body that is no document is told before an operation that does not exist.
            protocol.Decode(DocumentOf(body), AwsRoute.AnyDocument);
            throw new AwsException(new AwsError("UnknownOperationException", null));
        }

        if (protocol == AwsProtocol.RpcV2Cbor)
        {
            context.Response.Headers[AwsRoute.ProtocolHeader] = AwsRoute.RpcV2Cbor;
        }

        var authenticated = authenticator.Authenticate(context.Request, body.Written.Span);
        if (!authenticated.IsAuthenticated)
        {
            // A body that is no document is told before what its credentials lack.
            protocol.Decode(DocumentOf(body), AwsRoute.AnyDocument);
            var fault = authenticated.Fault;
            throw new AwsException(new AwsError(fault.Type, fault.Message, fault.HttpStatus));
        }

        if (drain.IsLeaving)
        {
            // Clients try again, on a connection to another gateway or to the next process.
            context.Response.Headers.Connection = "close";
        }

        var caller = authenticated.Caller;
        var headers = context.Request.Headers;
        var retry = RetryIdentity.Of(
            caller.AccessKeyId, headers[RetryIdentity.Header].ToString(), headers[RetryIdentity.AttemptHeader].ToString(), body.Written.Span);
        await operation.InvokeAsync(new AwsCall(context, protocol, operation.Name, caller, DocumentOf(body), retry));
    }

    /// <summary>What a body says: in rpc-v2-cbor, an operation without members needs none. The signature covers what came.</summary>
    private static Memory<byte> DocumentOf(PooledBuffer body) => body.Length == 0 ? new byte[] { 0xBF, 0xFF } : body.Content;

    /// <summary>What AWS says to content types that no operation is written in.</summary>
    private static Task AnswerWithoutProtocolAsync(HttpContext context, AwsRoute route, PooledBuffer body)
    {
        if (route.IsPlainJson)
        {
            bool isDocument;
            try
            {
                AwsProtocol.Json.Decode(body.Content, AwsRoute.AnyDocument);
                isDocument = true;
            }
            catch (AwsException)
            {
                isDocument = false;
            }

            return isDocument
                ? AwsAnswers.DeprecatedAsync(context, StatusCodes.Status404NotFound, "UnknownOperationException")
                : AwsAnswers.DeprecatedAsync(context, StatusCodes.Status400BadRequest, "SerializationException");
        }

        return route.Service.Length == 0 || route.Operation.Length == 0
            ? AwsAnswers.XmlAsync(context, StatusCodes.Status403Forbidden, "AccessDeniedException", Undetermined)
            : AwsAnswers.XmlAsync(context, StatusCodes.Status404NotFound, "UnknownOperationException", null);
    }

    private static void AnswerPreflight(HttpContext context)
    {
        var (asked, headers) = (context.Request.Headers, context.Response.Headers);
        if (asked.AccessControlRequestHeaders.Count > 0)
        {
            headers.AccessControlAllowHeaders = asked.AccessControlRequestHeaders;
        }

        if (asked.AccessControlRequestMethod.Count > 0)
        {
            headers.AccessControlAllowMethods = asked.AccessControlRequestMethod;
        }

        headers.AccessControlMaxAge = "172800";
        context.Response.ContentLength = 0;
    }

    private AwsError ToError(Exception exception, string operation, string requestId)
    {
        switch (exception)
        {
            case AwsException known:
                return known.Error;
            case BrokerException { Code: not BrokerErrorCode.None } known:
                return AwsErrors.ToError(known.Code, known.Message);
            case TimeoutException or OrleansException or OperationCanceledException or DbException:
                LogUnavailable(operation, requestId, exception);
                return AwsErrors.ToError(BrokerErrorCode.Unavailable, "The broker cannot answer now; retry.");
            default:
                LogInternal(operation, requestId, exception);
                return AwsErrors.ToError(BrokerErrorCode.Internal, $"Internal error; the server's log tells more under {requestId}.");
        }
    }

    private static string NewId2()
    {
        Span<byte> bytes = stackalloc byte[72];
        RandomNumberGenerator.Fill(bytes);
        return Convert.ToBase64String(bytes);
    }

    [LoggerMessage(LogLevel.Warning, "{Operation} could not be answered, request {RequestId}")]
    private partial void LogUnavailable(string operation, string requestId, Exception exception);

    [LoggerMessage(LogLevel.Error, "{Operation} failed, told to the client as request {RequestId}")]
    private partial void LogInternal(string operation, string requestId, Exception exception);

    [LoggerMessage(LogLevel.Debug, "The answer of {Operation} was cut off, request {RequestId}")]
    private partial void LogCutOff(string operation, string requestId, Exception exception);
}
