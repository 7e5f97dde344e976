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

    private const string Urls = "--urls";

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
        [Urls] = "urls",
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
        var given = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        for (var i = 0; i < options.Length; i++)
        {
            var name = options[i].Split('=')[0];
            CheckName(options[i], name);
            if (!given.Add(Switches.GetValueOrDefault(name, name[2..])))
                throw new ValidationException($"{name} is given twice"
                    + (name == Urls ? ": several addresses are one value, with a semicolon between them." : "."));
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
        if (ServeVerb.IsOption(name)) return;
        throw new ValidationException($"There is no option {name}"
            + (Find(name) is { } near ? $"; did you mean {near}?" : ": see 'fleet serve --help'."));
    }

    private static string? Find(string name) =>
        Meant.GetValueOrDefault(name) ?? NearestName.Find(name, Switches.Keys);
}
