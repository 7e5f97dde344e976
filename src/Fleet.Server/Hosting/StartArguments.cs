using System.ComponentModel.DataAnnotations;
using Fleet.Cli;
using Fleet.Core;

namespace Fleet.Server.Hosting;

/// <summary>
/// The command line of a node: <c>--name=value</c> or <c>--name value</c>, after <c>serve</c> or nothing. What the
/// configuration would ignore is an error.
/// </summary>
internal static class StartArguments
{
    /// <summary>The port of gRPC when none is given, which the command line knows.</summary>
    public const int UsualGrpcPort = 8081;

    /// <summary>The beginnings of other names: of the configuration, and of OpenTelemetry.</summary>
    private static readonly string[] Sections = ["Fleet:", "Logging:", "Kestrel:", "OTEL_"];

    /// <summary>The short forms, and the settings that they are for.</summary>
    public static readonly IReadOnlyDictionary<string, string> Switches = new Dictionary<string, string>
    {
        ["--data"] = "Fleet:Data",
        ["--grpc-url"] = "Fleet:GrpcUrl",
        ["--operations-url"] = "Fleet:OperationsUrl",
        ["--postgres"] = "Fleet:Postgres",
        ["--sandbox"] = "Fleet:Sandbox",
        ["--sandbox-readers"] = "Fleet:SandboxReaders",
        ["--silo-address"] = "Fleet:SiloAddress",
        ["--silo-port"] = "Fleet:SiloPort",
        ["--storage"] = "Fleet:Storage",
        ["--strict-sixty-seconds"] = "Fleet:StrictSixtySeconds",
        ["--urls"] = "urls",
    };

    /// <summary>What people try for an address, and what they mean.</summary>
    private static readonly Dictionary<string, string> Meant = new()
    {
        ["--port"] = "--urls=http://127.0.0.1:PORT", ["--url"] = "--urls", ["--http-port"] = "--urls",
        ["--grpc-port"] = "--grpc-url", ["--environment"] = "the variable DOTNET_ENVIRONMENT",
    };

    /// <summary>Checks the arguments, and returns them without the verb.</summary>
    /// <exception cref="ValidationException">One would be ignored; the message says what was meant.</exception>
    public static string[] Check(string[] args)
    {
        string[] options = args is [ServeVerb.Name, .. var rest] ? rest : args;
        for (var i = 0; i < options.Length; i++)
        {
            var name = options[i].Split('=')[0];
            CheckName(options[i], name);
            if (name.Length < options[i].Length) continue;
            if (++i >= options.Length || options[i].StartsWith("--", StringComparison.Ordinal))
                throw new ValidationException($"{name} needs a value: {name}=VALUE.");
        }
        return options;
    }

    private static void CheckName(string argument, string name)
    {
        if (!name.StartsWith("--", StringComparison.Ordinal))
        {
            var option = Find($"--{name.TrimStart('-', '/')}");
            throw new ValidationException($"A node does not know '{argument}'"
                + (option is null ? "; settings are given as --name=value." : $"; did you mean {option}=VALUE?"));
        }
        if (Switches.ContainsKey(name)
            || Array.Exists(Sections, one => name[2..].StartsWith(one, StringComparison.OrdinalIgnoreCase))) return;
        throw new ValidationException($"There is no option {name}"
            + (Find(name) is { } near ? $"; did you mean {near}?" : ": see 'fleet serve --help'."));
    }

    private static string? Find(string name) =>
        Meant.GetValueOrDefault(name) ?? NearestName.Find(name, Switches.Keys);
}
