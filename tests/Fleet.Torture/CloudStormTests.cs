using Fleet.Torture.Checking;

namespace Fleet.Torture;

/// <summary>Whatever goes wrong between Fleet and SumUp's cloud, no payment is lost, doubled or invented.</summary>
[Collection(CloudStorm.Name)]
public sealed class CloudStormTests(CloudStorm storm)
{
    [Fact]
    public void What_the_ledger_says_of_each_payment_is_what_the_cloud_did()
    {
        var verdict = CloudVerdict.Of(storm.Cloud);
        Console.WriteLine(verdict);
        Assert.True(verdict.Holds, $"{verdict}");
    }

    [Fact]
    public void No_answer_to_a_till_and_no_webhook_is_a_lie()
    {
        var verdict = Verdict.WithoutDevices(storm.History);
        Console.WriteLine(verdict);
        Assert.True(verdict.Holds, $"{verdict}");
    }

    [Fact]
    public void Every_reader_takes_a_payment_afterwards() => Assert.Equal(Size.Now.CloudReaders, storm.SoldAfterwards);
}
