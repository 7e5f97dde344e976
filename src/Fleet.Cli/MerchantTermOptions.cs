using System.CommandLine;
using Google.Protobuf;
using Google.Protobuf.Reflection;

namespace Fleet.Cli;

/// <summary>The options for what people say about a merchant; each fills the field of its name.</summary>
internal sealed class MerchantTermOptions
{
    private const string Limit = "largest_amount", Currency = "currency";

    private readonly Dictionary<string, Option<string>> _texts = new Option<string>[]
    {
        OptionFactory.CreateText("--name", "text", "The name that its customers know."),
        OptionFactory.CreateText("--country", "letters", "Its country, for example DE."),
        OptionFactory.CreateText("--currency", "letters", "The only currency it takes, for example EUR."),
        OptionFactory.CreateText("--locale", "word", "Its language and country, for example de-DE."),
        OptionFactory.CreateText("--time-zone", "name", "For example Europe/Berlin."),
        OptionFactory.CreateText("--return-url", "address", "Where outcomes go when a till names no return_url."),
    }.ToDictionary(FieldOf);

    private readonly Dictionary<string, Option<bool>> _switches = new Option<bool>[]
    {
        OptionFactory.CreateSwitch("--strict-sixty-seconds", "Keep a reader closed for 60 seconds after each start."),
        OptionFactory.CreateSwitch("--allow-repeated-foreign-transaction-ids",
            "Let several payments have one foreign_transaction_id."),
        OptionFactory.CreateSwitch("--test-cents", "Let the last two digits of an amount decide, in a sandbox."),
    }.ToDictionary(FieldOf);

    private readonly Option<string> _largest = OptionFactory.CreateText("--largest-amount", "amount",
        "The largest amount of a checkout, for example '500.00 EUR'; also says the currency. Empty for none.");

    /// <summary>All of them.</summary>
    public IEnumerable<Symbol> All => [.. _texts.Values, .. _switches.Values, _largest];

    /// <summary>Fills the fields of a message for which an option is given. Returns whether there are any.</summary>
    /// <exception cref="Failure">The amount is wrong.</exception>
    public bool Fill(Session session, IMessage ask)
    {
        var given = false;
        foreach (var (field, option) in _texts.Where(one => session.IsGiven(one.Value)))
            Set(field, session.GetText(option));
        foreach (var (field, option) in _switches.Where(one => session.IsGiven(one.Value)))
            Set(field, session.GetValue(option));
        if (session.IsGiven(_largest))
        {
            var money = session.GetText(_largest) is { Length: > 0 } text ? Amount.ParseMoney(text) : null;
            Set(Limit, money?.Value ?? 0L);
            if (money is not null && !session.IsGiven(_texts[Currency])) Set(Currency, money.Currency);
        }
        return given;

        void Set(string field, object value)
        {
            given = true;
            FieldOf(ask, field).Accessor.SetValue(ask, value);
        }
    }

    private static FieldDescriptor FieldOf(IMessage ask, string name) => ask.Descriptor.FindFieldByName(name);

    private static string FieldOf(Option option) => option.Name[2..].Replace('-', '_');
}
