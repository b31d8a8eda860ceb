using System.CommandLine;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Broker.Cli.Client;
using Broker.Cli.Contexts;
using Broker.Kcl.Connection;

namespace Broker.Cli;

/// <summary>How a client command makes itself known to a broker, and whom it believes to be one: access key, client certificate, authorities.</summary>
internal sealed class IdentityOptions
{
    private readonly Option<string?> accessKey = new("--access-key")
    {
        Description = "Access key id that calls are signed with; also AWS_ACCESS_KEY_ID. Its secret is in --secret-key-file or AWS_SECRET_ACCESS_KEY, its token in AWS_SESSION_TOKEN.",
        HelpName = "ID",
    };

    private readonly Option<string?> secretKeyFile = new("--secret-key-file")
    {
        Description = "File that holds the secret access key and nothing else.",
        HelpName = "FILE",
    };

    private readonly Option<string?> region = new("--region")
    {
        Description = "The broker's region, for signatures; also AWS_REGION or AWS_DEFAULT_REGION. Default us-east-1.",
        HelpName = "REGION",
    };

    private readonly Option<string?> authorities = new("--tls-ca")
    {
        Description = "File of PEM certificates: the only authorities that the broker's certificate may come from. Default the system's.",
        HelpName = "FILE",
    };

    private readonly Option<string?> certificate = new("--tls-cert")
    {
        Description = "Client certificate, PEM, for a broker that knows it.",
        HelpName = "FILE",
    };

    private readonly Option<string?> certificateKey = new("--tls-key")
    {
        Description = "Private key of --tls-cert, PEM.",
        HelpName = "FILE",
    };

    public void AddTo(Command command)
    {
        command.Add(accessKey);
        command.Add(secretKeyFile);
        command.Add(region);
        command.Add(authorities);
        command.Add(certificate);
        command.Add(certificateKey);
    }

    /// <summary>What the options, the context and the environment say together, the earlier ones first.</summary>
    /// <exception cref="CommandException">They do not fit, or a file cannot be read.</exception>
    public BrokerEndpoint Resolve(ParseResult parse, Uri address, NamedContext? context) => new(
        address,
        context is { AccessKeyId: { } id, SecretAccessKey: { } secret } && parse.GetValue(accessKey) is null && parse.GetValue(secretKeyFile) is null
            ? new BrokerCredentials(id, secret, parse.GetValue(region) ?? context.Region ?? "us-east-1", null)
            : Credentials(parse.GetValue(accessKey), parse.GetValue(secretKeyFile), parse.GetValue(region)),
        (parse.GetValue(authorities) ?? context?.TlsAuthorities) is { } file ? ReadAuthorities(file) : null,
        ReadCertificate(parse.GetValue(certificate) ?? context?.TlsCertificate, parse.GetValue(certificateKey) ?? context?.TlsKey));

    /// <summary>What the options say, to be kept under a name. Paths are made whole; files are read when the context is used, but for the secret.</summary>
    /// <exception cref="CommandException">They do not fit, or the secret cannot be read.</exception>
    public NamedContext ToContext(ParseResult parse, string endpoint)
    {
        var credentials = Credentials(parse.GetValue(accessKey), parse.GetValue(secretKeyFile), parse.GetValue(region));
        if ((parse.GetValue(certificate) is null) != (parse.GetValue(certificateKey) is null))
        {
            throw new CommandException("--tls-cert and --tls-key belong together: one is missing.", ExitCode.Usage);
        }

        return new NamedContext
        {
            Endpoint = endpoint,
            AccessKeyId = credentials?.AccessKeyId,
            SecretAccessKey = credentials?.SecretAccessKey,
            Region = credentials?.Region ?? parse.GetValue(region),
            TlsAuthorities = FullPath(parse.GetValue(authorities)),
            TlsCertificate = FullPath(parse.GetValue(certificate)),
            TlsKey = FullPath(parse.GetValue(certificateKey)),
        };
    }

    private static string? FullPath(string? path) => path is null ? null : Path.GetFullPath(path);

    private static BrokerCredentials? Credentials(string? id, string? secretFile, string? region)
    {
        var secret = secretFile is null ? Variable("AWS_SECRET_ACCESS_KEY") : Read(secretFile, static path => File.ReadAllText(path).Trim());
        id ??= Variable("AWS_ACCESS_KEY_ID");
        if (id is null && secretFile is null)
        {
            return null;
        }

        return id is not null && secret is { Length: > 0 }
            ? new BrokerCredentials(id, secret, region ?? Variable("AWS_REGION") ?? Variable("AWS_DEFAULT_REGION") ?? "us-east-1", Variable("AWS_SESSION_TOKEN"))
            : throw new CommandException("an access key has an id (--access-key or AWS_ACCESS_KEY_ID) and a secret (--secret-key-file or AWS_SECRET_ACCESS_KEY): one is missing.", ExitCode.Usage);
    }

    private static X509Certificate2Collection ReadAuthorities(string file)
    {
        var certificates = new X509Certificate2Collection();
        Read(file, path =>
        {
            certificates.ImportFromPemFile(path);
            return certificates;
        });
        return certificates.Count > 0 ? certificates : throw new CommandException($"{file} holds no PEM certificate.", ExitCode.Usage);
    }

    private static X509Certificate2? ReadCertificate(string? file, string? keyFile) => (file, keyFile) switch
    {
        (null, null) => null,
        (not null, not null) => Read(file, path => X509Certificate2.CreateFromPemFile(path, keyFile)),
        _ => throw new CommandException("--tls-cert and --tls-key belong together: one is missing.", ExitCode.Usage),
    };

    private static T Read<T>(string file, Func<string, T> read)
    {
        try
        {
            return read(file);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or CryptographicException)
        {
            throw new CommandException($"{file} cannot be read: {exception.Message.ReplaceLineEndings(" ")}", ExitCode.Usage);
        }
    }

    private static string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;
}
