using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Fleet.Core.Access;

namespace Fleet.Core.Tests;

/// <summary>The hash of a row of the audit: another one would make every chain look changed.</summary>
public sealed class AuditRowSpecs
{
    private static readonly Guid Chain = Guid.Parse("0194b0a5-0000-7000-8000-000000000001");

    private static readonly DateTimeOffset At = new DateTimeOffset(2026, 1, 15, 13, 0, 0, TimeSpan.FromHours(1))
        .AddTicks(1_234_567);

    private static readonly AuditNote Note = new(
        "key-1", "Anna", "MC0X0ABC", AuditAction.CheckoutStart, "subject", "rdr_a", "10.0.0.7");

    [Fact]
    public void The_hash_of_a_row_stays_as_ever() => Assert.Equal(
        "e6e6233a56ea3b3c32a15be12f35854a8d814abbf5e2ba1d1c9917d5909ef481",
        AuditTail.Begin(Chain).NextRow(Note, At, "node-1").Hash);

    [Theory]
    [InlineData("")]
    [InlineData("Kasse Süd 🍰")]
    [InlineData("12:34")]
    [InlineData("half of a pair \ud83c")]
    public void Each_field_is_hashed_with_its_length_before_it(string text)
    {
        var row = new AuditTail(Chain, long.MaxValue - 1, new string('a', 64))
            .NextRow(Note with { Subject = text, KeyName = text + text, Detail = new string('ß', 5_000) }, At, text);

        Assert.Equal(SlowHash(row), row.Hash);
        Assert.Equal(row.Hash, row.RightHash());
        Assert.Null(row.WrongAfter(new AuditTail(Chain, row.Seq - 1, row.Prev)));
    }

    [Fact]
    public void Text_that_moves_to_the_next_field_changes_the_hash()
    {
        var (one, other) = (AuditTail.Begin(Chain), AuditTail.Begin(Chain));

        Assert.NotEqual(
            one.NextRow(Note with { Subject = "ab", Detail = "c" }, At, "node").Hash,
            other.NextRow(Note with { Subject = "a", Detail = "bc" }, At, "node").Hash);
    }

    private static string SlowHash(AuditRow row)
    {
        string[] fields =
        [
            $"{row.Chain}", row.Seq.ToString(CultureInfo.InvariantCulture), Rfc3339.TextOf(row.At), row.Node,
            row.Note.KeyId, row.Note.KeyName, row.Note.MerchantCode, row.Note.Action, row.Note.Subject,
            row.Note.Detail, row.Note.RemoteAddress, row.Prev,
        ];
        var text = fields.Select(field => $"{Encoding.UTF8.GetByteCount(field)}:{field}");
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Concat(text))));
    }
}
