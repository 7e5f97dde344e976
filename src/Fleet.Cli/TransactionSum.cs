using System.Globalization;
using System.Text.Json;

namespace Fleet.Cli;

/// <summary>The sums of transactions in one currency. Amounts are in major units.</summary>
internal sealed record TransactionSum(
    string Currency, int Payments, decimal Amount, int Refunds, decimal Refunded)
{
    /// <summary>Adds up what was charged and what was given back; what was not charged counts nothing.</summary>
    public static TransactionSum FromItems(string currency, IEnumerable<JsonElement> items)
    {
        var sum = new TransactionSum(currency, 0, 0, 0, 0);
        foreach (var item in items)
        {
            var amount = item.DecimalOf("amount");
            sum = (item.TextOf("type"), item.TextOf("status")) switch
            {
                ("REFUND", _) => sum with { Refunds = sum.Refunds + 1, Refunded = sum.Refunded + amount },
                (_, "SUCCESSFUL" or "REFUNDED") =>
                    sum with { Payments = sum.Payments + 1, Amount = sum.Amount + amount },
                _ => sum,
            };
        }
        return sum;
    }

    public string[] ToCells() =>
    [
        Currency, TextOf(Payments), TextOf(Amount), TextOf(Refunds), TextOf(Refunded), TextOf(Amount - Refunded),
    ];

    public void WriteTo(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteString("currency", Currency);
        json.WriteNumber("payments", Payments);
        json.WriteNumber("amount", Amount);
        json.WriteNumber("refunds", Refunds);
        json.WriteNumber("refunded", Refunded);
        json.WriteNumber("net", Amount - Refunded);
        json.WriteEndObject();
    }

    private static string TextOf(IFormattable number) => number.ToString(null, CultureInfo.InvariantCulture);
}
