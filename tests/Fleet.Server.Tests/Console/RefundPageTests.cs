using System.Net;
using System.Text.RegularExpressions;

namespace Fleet.Server.Tests;

/// <summary>Money is given back from the console.</summary>
public sealed partial class RefundPageTests(FleetApp fleet) : IClassFixture<FleetApp>
{
    [Fact]
    public async Task A_part_is_given_back_and_the_page_says_so()
    {
        var (visitor, path) = await Paid();
        using (visitor)
        {
            var form = await visitor.Open(path + "/refund");
            Assert.Contains("15.00 EUR of this payment can be given back.", form.Text);
            var key = KeyOf(form.Text);
            var done = await visitor.Send(path + "/refund", path + "/refund", ("amount", "5,00"), ("key", key));

            Assert.Contains("5.00 EUR was given back.", done.Text);
            Assert.Contains("10.00 EUR of this payment", (await visitor.Open(path + "/refund")).Text);
        }
    }

    [Fact]
    public async Task A_form_that_is_sent_twice_gives_back_once()
    {
        var (visitor, path) = await Paid();
        using (visitor)
        {
            var key = KeyOf((await visitor.Open(path + "/refund")).Text);
            await visitor.Send(path + "/refund", path + "/refund", ("amount", "5.00"), ("key", key));
            var again = await visitor.Send(path + "/refund", path + "/refund", ("amount", "5.00"), ("key", key));

            Assert.Contains("5.00 EUR was given back.", again.Text);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("five")]
    [InlineData("-5")]
    [InlineData("0")]
    [InlineData("5.001")]
    public async Task What_is_no_amount_gives_nothing_back(string amount)
    {
        var (visitor, path) = await Paid();
        using (visitor)
        {
            var key = KeyOf((await visitor.Open(path + "/refund")).Text);
            var refused = await visitor.Send(path + "/refund", path + "/refund", ("amount", amount), ("key", key));
            Assert.Equal(HttpStatusCode.BadRequest, refused.Status);
            Assert.Contains("<strong>amount</strong>", refused.Text);
            Assert.Contains("15.00 EUR of this payment", (await visitor.Open(path + "/refund")).Text);
        }
    }

    [Fact]
    public async Task More_than_is_left_and_a_form_without_its_key_are_refused()
    {
        var (visitor, path) = await Paid();
        using (visitor)
        {
            var key = KeyOf((await visitor.Open(path + "/refund")).Text);
            var much = await visitor.Send(path + "/refund", path + "/refund", ("amount", "15.01"), ("key", key));
            Assert.Equal(HttpStatusCode.BadRequest, much.Status);
            var bare = await visitor.Send(path + "/refund", path + "/refund", ("amount", "5.00"));
            Assert.Equal(HttpStatusCode.BadRequest, bare.Status);
            Assert.Contains("15.00 EUR of this payment", (await visitor.Open(path + "/refund")).Text);
        }
    }

    private async Task<(Visitor Visitor, string Path)> Paid()
    {
        await using var device = await fleet.PairedDevice();
        var id = await fleet.Till.Charge(device.ReaderId);
        await device.Pay();
        return (await Visitor.SignIn(fleet, FleetApp.Key), $"m/{FleetApp.Merchant}/checkouts/{id}");
    }

    private static string KeyOf(string page) => Key().Match(page).Groups[1].Value;

    [GeneratedRegex("""name="key" value="([^"]+)""")]
    private static partial Regex Key();
}
