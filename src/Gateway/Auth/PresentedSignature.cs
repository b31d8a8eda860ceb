using Microsoft.AspNetCore.Http;

namespace Broker.Gateway.Auth;

/// <summary>The parts of a Signature Version 4 as a request presents them, in its Authorization header or its query. Not judged yet.</summary>
internal readonly ref struct PresentedSignature
{
    public bool IsQuery { get; private init; }

    public ReadOnlySpan<char> Algorithm { get; private init; }

    /// <summary>KEY/DATE/REGION/SERVICE/aws4_request.</summary>
    public ReadOnlySpan<char> Credential { get; private init; }

    public ReadOnlySpan<char> SignedHeaders { get; private init; }

    public ReadOnlySpan<char> Signature { get; private init; }

    /// <summary>As it stands in X-Amz-Date, or else in Date.</summary>
    public ReadOnlySpan<char> Date { get; private init; }

    /// <summary>Seconds for which a presigned URL is good; empty in a header's signature.</summary>
    public ReadOnlySpan<char> Expires { get; private init; }

    /// <summary>Empty where there is none.</summary>
    public ReadOnlySpan<char> SecurityToken { get; private init; }

    public ReadOnlySpan<char> AccessKeyId => Credential.IndexOf('/') is >= 0 and var end ? Credential[..end] : Credential;

    /// <summary>Reads what the request presents; returns the fault that AWS finds without looking a key up, null for none.</summary>
    public static AuthenticationFault? Read(HttpRequest request, out PresentedSignature presented)
    {
        presented = default;
        var header = request.Headers.Authorization.ToString();
        var isQuery = request.QueryString.HasValue && request.Query.ContainsKey("X-Amz-Algorithm");
        if (isQuery)
        {
            return header.Length > 0
                ? AuthenticationFault.Invalid("Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header.")
                : ReadQuery(request.Query, out presented);
        }

        return header.Length == 0 ? AuthenticationFault.MissingToken : ReadHeader(request.Headers, header, out presented);
    }

    private static AuthenticationFault? ReadHeader(IHeaderDictionary headers, string header, out PresentedSignature presented)
    {
        var rest = header.AsSpan();
        ReadOnlySpan<char> algorithm = [], credential = [], signature = [], signedHeaders = [];
        for (var isFirst = true; !rest.IsEmpty; isFirst = false)
        {
            var end = rest.IndexOfAny(',', ' ');
            var part = end < 0 ? rest : rest[..end];
            rest = end < 0 ? [] : rest[(end + 1)..];
            if (isFirst)
            {
                algorithm = part;
                continue;
            }

            var equal = part.IndexOf('=');
            if (equal < 0)
            {
                continue;
            }

            var value = part[(equal + 1)..];
            switch (part[..equal])
            {
                case "Credential":
                    credential = value;
                    break;
                case "Signature":
                    signature = value;
                    break;
                case "SignedHeaders":
                    signedHeaders = value;
                    break;
            }
        }

        var date = headers["x-amz-date"].ToString();
        date = date.Length > 0 ? date : headers.Date.ToString();
        presented = new PresentedSignature
        {
            Algorithm = algorithm,
            Credential = credential,
            Signature = signature,
            SignedHeaders = signedHeaders,
            Date = date,
            SecurityToken = headers["x-amz-security-token"].ToString(),
        };
        if (!credential.IsEmpty && !signature.IsEmpty && !signedHeaders.IsEmpty && date.Length > 0)
        {
            return null;
        }

        return AuthenticationFault.Incomplete(
            (credential.IsEmpty ? "Authorization header requires 'Credential' parameter. " : "")
            + (signature.IsEmpty ? "Authorization header requires 'Signature' parameter. " : "")
            + (signedHeaders.IsEmpty ? "Authorization header requires 'SignedHeaders' parameter. " : "")
            + (date.Length == 0 ? "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. " : "")
            + $"Authorization={header}");
    }

    private static AuthenticationFault? ReadQuery(IQueryCollection query, out PresentedSignature presented)
    {
        presented = new PresentedSignature
        {
            IsQuery = true,
            Algorithm = query["X-Amz-Algorithm"].ToString(),
            Credential = query["X-Amz-Credential"].ToString(),
            Signature = query["X-Amz-Signature"].ToString(),
            SignedHeaders = query["X-Amz-SignedHeaders"].ToString(),
            Date = query["X-Amz-Date"].ToString(),
            Expires = query["X-Amz-Expires"].ToString(),
            SecurityToken = query["X-Amz-Security-Token"].ToString(),
        };
        var missing = (presented.Algorithm.IsEmpty ? Required("X-Amz-Algorithm") : "")
            + (presented.Credential.IsEmpty ? Required("X-Amz-Credential") : "")
            + (presented.Signature.IsEmpty ? Required("X-Amz-Signature") : "")
            + (presented.SignedHeaders.IsEmpty ? Required("X-Amz-SignedHeaders") : "")
            + (presented.Date.IsEmpty ? Required("X-Amz-Date") : "");
        return missing.Length == 0 ? null : AuthenticationFault.Incomplete($"{missing}Re-examine the query-string parameters.");

        static string Required(string name) => $"AWS query-string parameters must include '{name}'. ";
    }
}
