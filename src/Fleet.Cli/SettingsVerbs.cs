using System.CommandLine;
using Spectre.Console;
using Proto = Fleet.Protocol.V1;

namespace Fleet.Cli;

/// <summary>The verbs for settings of readers and of stores.</summary>
internal static class SettingsVerbs
{
    private const string On = "on", Off = "off", NotSet = "not set";

    private static readonly string[] Heads = ["SETTING", "VALUE"];

    public static Command BuildCommand(CommandLine line)
    {
        var reader = OptionFactory.CreateText("--reader", "reader", "Of this reader.");
        var store = OptionFactory.CreateText("--store", "store", "Of this store, for its readers without own ones.");
        return CommandLine.BuildGroup("settings", "Show, set and clear the settings of a reader, or of a store.",
            BuildShow(line, reader, store), BuildSet(line, reader, store), BuildClear(line, reader, store));
    }

    private static Command BuildShow(CommandLine line, Option<string> reader, Option<string> store)
    {
        var show = OptionFactory.CreateSwitch("--show-passcode", "Print the passcode, too.");
        return line.BuildVerb("show", "What is set, where it comes from, and whether the device has it.",
            session => RunOn(session, reader, store,
                async id => await session.Node.ReaderSettings.GetReaderAsync(
                    new() { ReaderId = id, ShowPasscode = session.GetValue(show) }, session.Call),
                async name => await session.Node.ReaderSettings.GetStoreAsync(
                    new() { Store = name, ShowPasscode = session.GetValue(show) }, session.Call)),
            reader, store, show);
    }

    private static Command BuildSet(CommandLine line, Option<string> reader, Option<string> store)
    {
        var menu = OptionFactory.CreateChoice("--menu-lock", "Whether the menu asks for the passcode.", On, Off);
        var file = OptionFactory.CreateText("--passcode-file", "file",
            "File with the passcode, four digits; - for standard input.");
        var ask = OptionFactory.CreateSwitch("--ask-passcode", "Type the passcode; it is not shown.");
        return line.BuildVerb("set", "Set the menu lock. What is not given stays as it is.", session =>
        {
            var change = new Proto.MenuLockChange();
            if (session.GetValue(menu) is { } word) change.Enabled = word == On;
            if (ReadPasscode(session, session.GetText(file), session.GetValue(ask)) is { } passcode)
                change.Passcode = passcode;
            if (!change.HasEnabled && !change.HasPasscode)
                throw Failure.WrongUsage("Nothing is to be set.", "Give --menu-lock, --passcode-file or both.");
            return RunOn(session, reader, store,
                async id => await session.Node.ReaderSettings.SetReaderAsync(
                    new() { ReaderId = id, MenuLock = change }, session.Call),
                async name => await session.Node.ReaderSettings.SetStoreAsync(
                    new() { Store = name, MenuLock = change }, session.Call));
        }, reader, store, menu, file, ask);
    }

    private static Command BuildClear(CommandLine line, Option<string> reader, Option<string> store) =>
        line.BuildVerb("clear", "Remove what is set: a reader has what its store says again.",
            session => RunOn(session, reader, store,
                async id => await session.Node.ReaderSettings.ClearReaderAsync(new() { ReaderId = id }, session.Call),
                async name => await session.Node.ReaderSettings.ClearStoreAsync(new() { Store = name }, session.Call)),
            reader, store);

    /// <summary>Calls for the reader or for the store that is named, and prints the answer.</summary>
    private static async Task RunOn(
        Session session, Option<string> reader, Option<string> store,
        Func<string, Task<Proto.ReaderSettings>> ofReader, Func<string, Task<Proto.StoreSettings>> ofStore)
    {
        var (id, name) = (session.GetText(reader), session.GetText(store));
        if (id.Length == 0 == (name.Length == 0))
            throw Failure.WrongUsage("Name one reader with --reader, or one store with --store.");
        if (id.Length > 0)
        {
            var of = await ofReader(id);
            await session.PrintAnswer(of, Heads, Rows(of));
            return;
        }
        var said = await ofStore(name);
        await session.PrintAnswer(
            said, Heads, [.. Rows("menu lock", said.MenuLock, NotSet), ["not told yet", $"{said.Untold}"]]);
    }

    /// <summary>It is no argument, because those are kept in the history of a shell.</summary>
    private static string? ReadPasscode(Session session, string file, bool ask) => (file, ask) switch
    {
        ("", false) => null,
        ("", true) when session.Terminal.HasScreen => session.Terminal.OpenScreen(ofErrors: true)
            .Prompt(new TextPrompt<string>("Passcode:").Secret()),
        (not "", true) or ("", true) => throw Failure.WrongUsage(
            "--ask-passcode needs a terminal, and no --passcode-file."),
        _ => session.ReadSecret(file, "--passcode-file"),
    };

    private static IEnumerable<string[]> Rows(Proto.ReaderSettings of) =>
    [
        .. Rows("menu lock", of.MenuLock, NotSet),
        ["comes from", of.Source switch
        {
            Proto.SettingsSource.OfReader => "the reader",
            Proto.SettingsSource.OfStore => "its store",
            _ => "",
        }],
        ["state", of.State switch
        {
            Proto.SettingsState.SettingsApplied => "applied",
            Proto.SettingsState.SettingsPending => "pending",
            Proto.SettingsState.SettingsRefused => "refused",
            _ => "",
        }],
        .. Rows("on the device", of.OnDevice, "not known"),
    ];

    private static IEnumerable<string[]> Rows(string what, Proto.MenuLock? menuLock, string none) =>
    [
        [what, menuLock switch
        {
            null => none,
            { HasEnabled: false } => "",
            _ => menuLock.Enabled ? On : Off,
        }],
        [$"{what}, passcode", menuLock switch
        {
            { Passcode.Length: > 0 } => menuLock.Passcode,
            { HasPasscode: true } => "set",
            _ => "",
        }],
    ];
}
