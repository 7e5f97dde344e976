using System.CommandLine;
using Grpc.Core;

namespace Fleet.Cli;

/// <summary>
/// The <c>fleet</c> command line: verbs of this program that ask a running node over gRPC. No host is built for them.
/// </summary>
public sealed class CommandLine
{
    private const string Help = "--help", Version = "--version";

    private static readonly string[] Questions = [Help, "-h", "-?", Version];

    private readonly SettingOptions _settings = new();
    private readonly Terminal _terminal;
    private readonly RootCommand _root;

    private CommandLine(Terminal terminal)
    {
        _terminal = terminal;
        _root = new("Fleet from the command line: asks a running node over gRPC. Without a verb, or with serve, this "
            + $"program is a node itself; its options are {string.Join(", ", ServeVerb.Options.Keys)}.")
        {
            DoctorVerb.BuildCommand(this), StatusVerb.BuildCommand(this), TopVerb.BuildCommand(this),
            WhyVerb.BuildCommand(this),
            ReaderVerbs.BuildCommand(this), CheckoutVerbs.BuildCommand(this), StoreVerbs.BuildCommand(this),
            SettingsVerbs.BuildCommand(this), KeyVerbs.BuildCommand(this), MerchantVerbs.BuildCommand(this),
            WebhookVerbs.BuildCommand(this), ReconcileVerb.BuildCommand(this), TotalsVerbs.BuildCommand(this),
            IncidentVerbs.BuildCommand(this), DeviceVerb.BuildCommand(this), AuditVerbs.BuildCommand(this),
            RetentionVerbs.BuildCommand(this),
            Chain.ApplyVerb.BuildCommand(this), Chain.ExportVerb.BuildCommand(this),
            TransactionVerbs.BuildCommand(this), RefundVerb.BuildCommand(this), ReceiptVerb.BuildCommand(this),
            TestVerbs.BuildCommand(this), SandboxVerbs.BuildCommand(this), ServeVerb.BuildCommand(this),
            CompletionVerb.BuildCommand(this), BuildHelp(),
        };
        foreach (var option in _settings.All) _root.Add(option);
        _root.HelpName = "fleet"; // not that of the program, which is the server
    }

    /// <summary>The clock, for options that count from now.</summary>
    internal TimeProvider Time => _terminal.Time;

    /// <summary>The verbs, with their other names.</summary>
    public static IReadOnlyCollection<string> Verbs =>
        [.. new CommandLine(Terminal.OfProcess())._root.Subcommands.SelectMany(verb => verb.Aliases.Append(verb.Name))];

    /// <summary>
    /// Whether arguments are for the command line: they begin with a verb or with an option of the command line, also
    /// with one that is misspelt before a verb, or ask for help or the version. Otherwise they are for a node, as they
    /// are after <c>serve</c>.
    /// </summary>
    public static bool IsMeant(string[] args)
    {
        if (args is not [{ Length: > 0 } first, ..]) return false;
        if (args.Any(Questions.Contains)) return true;
        if (ServeVerb.IsMeant(args)) return false;
        var name = first.Split('=')[0];
        return char.IsAsciiLetter(first[0])
            ? name == first
            : new SettingOptions().All.Any(one => one.Name == name) || args.Any(Verbs.Contains);
    }

    /// <summary>The first of a command's words that no verb, option or argument takes; null for none.</summary>
    internal static string? FindUnknown(string[] words) =>
        Usage.FindUnknown(new CommandLine(Terminal.OfProcess()).Parse(words));

    /// <summary>Runs one command of this process; the result is the exit code.</summary>
    public static Task<int> RunCommand(string[] args) => RunCommand(args, Terminal.OfProcess());

    /// <summary>Runs one command; the result is the exit code.</summary>
    internal static Task<int> RunCommand(string[] args, Terminal terminal, CancellationToken cancel = default) =>
        new CommandLine(terminal).RunWords(args, cancel);

    private async Task<int> RunWords(string[] words, CancellationToken cancel)
    {
        if (ServeVerb.IsMeant(words))
        {
            if (words.Contains(Version)) return await RunWords([Version], cancel);
            await ServeVerb.PrintHelp(_terminal);
            return ExitCode.Done;
        }
        var parsed = Parse(words);
        if (Usage.FindMistake(parsed) is { } mistake) return await PrintFailure(mistake, parsed);
        return await parsed.InvokeAsync(new()
        {
            Output = _terminal.Out, Error = _terminal.Error, EnableDefaultExceptionHandler = false,
        }, cancel);
    }

    private ParseResult Parse(string[] words) =>
        _root.Parse(words, new() { ResponseFileTokenReplacer = null }); // a name may begin with @

    private Command BuildHelp()
    {
        var about = new Argument<string[]>("verb") { Description = "The verb.", Arity = ArgumentArity.ZeroOrMore };
        var help = new Command("help", "What the verbs are, or what one of them takes.") { about };
        help.SetAction((parsed, cancel) => RunWords([.. parsed.GetValue(about) ?? [], Help], cancel));
        return help;
    }

    /// <summary>The words that a shell may offer next after these words.</summary>
    internal async Task<IReadOnlyList<string>> SuggestWords(string[] line, CancellationToken cancel)
    {
        var (before, typed) = line is [.. var known, var last] ? (known, last) : (line, "");
        // Without the word that is being typed: it is not complete, and would take the placeholders of names away.
        var text = string.Concat(before.Select(word => word.Contains(' ') ? $"\"{word}\" " : $"{word} "));
        var offered = _root.Parse(text).GetCompletions(text.Length).Select(item => item.Label).ToList();
        using var session = new Session(Parse(before), _settings, _terminal, cancel);
        var all = offered.Concat(await KnownNames.List(session, offered, typed))
            .Where(label => label.StartsWith(typed, StringComparison.Ordinal))
            .Where(label => label is not ("-h" or "-?" or "/h" or "/?") && !KnownNames.IsKind(label))
            .ToList();
        var words = all.Where(label => !label.StartsWith('-')).ToList();
        return words.Count > 0 ? words : all; // options when there are no words, or when the user has begun an option
    }

    /// <summary>A verb with its arguments and options.</summary>
    internal Command BuildVerb(string name, string help, Func<Session, Task<int>> work, params Symbol[] takes)
    {
        var verb = new Command(name, help);
        foreach (var symbol in takes)
        {
            if (symbol is Option option) verb.Add(option);
            else if (symbol is Argument argument) verb.Add(argument);
        }
        verb.SetAction((parsed, cancel) => CarryOut(work, parsed, cancel));
        return verb;
    }

    /// <summary>Builds a verb that ends with exit code 0 unless its action throws.</summary>
    internal Command BuildVerb(string name, string help, Func<Session, Task> work, params Symbol[] takes) =>
        BuildVerb(name, help, async session =>
        {
            await work(session);
            return ExitCode.Done;
        }, takes);

    /// <summary>Verbs about one kind of thing.</summary>
    internal static Command BuildGroup(string name, string help, params Command[] verbs)
    {
        var group = new Command(name, help);
        foreach (var verb in verbs) group.Add(verb);
        return group;
    }

    private async Task<int> CarryOut(Func<Session, Task<int>> work, ParseResult parsed, CancellationToken cancel)
    {
        using var session = new Session(parsed, _settings, _terminal, cancel);
        try
        {
            return await work(session);
        }
        catch (Exception) when (cancel.IsCancellationRequested)
        {
            return ExitCode.Interrupted;
        }
        catch (Failure failure)
        {
            return await PrintFailure(failure, parsed);
        }
        catch (RpcException told)
        {
            return await PrintFailure(Failure.FromRpc(told, session.Settings), parsed);
        }
        catch (IOException e)
        {
            return await PrintFailure(new(ExitCode.Refused, "IO", e.Message), parsed);
        }
        catch (Exception e) // the outermost catch: a person at a terminal gets a sentence, not a stack trace
        {
            return await PrintFailure(new(ExitCode.Refused, "BUG", $"Fleet's command line failed: {e.GetType().Name}, "
                + e.Message, "This is a fault of the program; please report what you typed."), parsed);
        }
    }

    private async Task<int> PrintFailure(Failure failure, ParseResult parsed)
    {
        var error = _terminal.Error;
        if (_settings.IsJson(parsed))
        {
            await error.WriteLineAsync(JsonOf(failure));
            return failure.ExitCode;
        }
        await error.WriteLineAsync(Terminal.ToPlainText(failure.Message));
        foreach (var (name, message) in failure.Fields)
            await error.WriteLineAsync(Terminal.ToPlainText($"  {Usage.NameOf(name, parsed)} {message}"));
        if (failure.Next.Length > 0) await error.WriteLineAsync(failure.Next);
        return failure.ExitCode;
    }

    private static string JsonOf(Failure failure) => MessageJson.ToText(json =>
    {
        json.WriteStartObject();
        json.WriteStartObject("error");
        json.WriteString("reason", failure.Reason);
        json.WriteString("message", failure.Message);
        json.WriteString("next", failure.Next);
        json.WriteStartArray("fields");
        foreach (var (name, message) in failure.Fields)
        {
            json.WriteStartObject();
            json.WriteString("name", name);
            json.WriteString("message", message);
            json.WriteEndObject();
        }
        json.WriteEndArray();
        json.WriteEndObject();
        json.WriteEndObject();
    });
}
