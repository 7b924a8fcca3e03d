using var output = Console.OpenStandardOutput();
output.Write("1\n"u8);
output.Flush();
Thread.Sleep(Timeout.Infinite);
